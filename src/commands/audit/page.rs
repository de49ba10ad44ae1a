//! An audit as one HTML page that needs nothing else: verdict, timelines, findings. Everything from the repository is escaped.

use std::fmt::Write as _;

use super::chart::{self, Frame, escape};
use super::history::Listed;
use super::telling::{Report, abridged, heading};
use super::timeline::Timeline;
use crate::articles;
use crate::finding::Finding;
use crate::report::{counted, short, shown};

const STYLE: &str = "\
:root{color-scheme:light dark;--page:#f6f8fa;--ground:#ffffff;--ink:#1f2328;--faint:#59636e;--rule:#d1d9e0;--bad:#cf222e;--bad-ground:#ffebe9;--warn:#9a6700;--warn-ground:#fff8c5;--good:#1a7f37;--code:#818b981f}
@media(prefers-color-scheme:dark){:root{--page:#010409;--ground:#0d1117;--ink:#e6edf3;--faint:#9198a1;--rule:#3d444d;--bad:#ff7b72;--bad-ground:#f8514926;--warn:#d29922;--warn-ground:#bb800926;--good:#3fb950;--code:#656c7633}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 12px}
.faint{color:var(--faint)}.cards{display:flex;flex-wrap:wrap;gap:12px;margin:20px 0}.card,section.box,article{background:var(--ground);border:1px solid var(--rule);border-radius:8px}
.card{padding:12px 18px;min-width:120px}.card b{display:block;font-size:26px;line-height:1.2;font-variant-numeric:tabular-nums}.card.deny b{color:var(--bad)}.card.warn b{color:var(--warn)}.card.good b{color:var(--good)}
.box{padding:14px 18px;margin-bottom:14px;overflow-x:auto}svg.timeline{display:block;width:100%;min-width:640px;height:auto}
table{border-collapse:collapse}th,td{padding:4px 20px 4px 0;text-align:left;border-bottom:1px solid var(--rule)}td:first-child code{white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
article{margin-bottom:14px;overflow:hidden}article>header{padding:10px 18px;border-bottom:1px solid var(--rule);display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline}
article>header b{overflow-wrap:anywhere}article>header :nth-child(3){margin-left:auto}.finding{padding:12px 18px;border-bottom:1px solid var(--rule)}.finding:last-child{border-bottom:0}.finding p{margin:4px 0;overflow-wrap:anywhere}
.level{display:inline-block;padding:0 8px;border-radius:999px;font-size:12px;font-weight:600;margin-right:8px}.level.deny{color:var(--bad);background:var(--bad-ground)}.level.warn{color:var(--warn);background:var(--warn-ground)}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}code{background:var(--code);border-radius:4px;padding:1px 4px;overflow-wrap:anywhere}pre{background:var(--code);border-radius:6px;padding:8px 12px;margin:6px 0;overflow-x:auto}
details summary{cursor:pointer;color:var(--faint)}.damage{margin:12px 0 0;padding-left:14px;border-left:3px solid var(--bad)}.damage p{margin:2px 0}";

/// Writes the page of an audit of a repository by its name.
pub(super) fn html(repository: &str, report: &Report<'_>, timelines: &[Timeline]) -> String {
    let name = escape(&shown(repository));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Audit of {name}</title>\n<style>\n{STYLE}\n{}\n</style>\n</head>\n<body>\n<main>\n",
        chart::STYLE
    );
    let _ = writeln!(page, "<h1>Audit of {name}</h1>\n<p class=\"faint\">{}</p>", escape(&report.span()));
    cards(&mut page, report);
    let notes = report.notes_text();
    if !notes.is_empty() {
        let _ = writeln!(page, "<section class=\"box\"><pre>{}</pre></section>", escape(&notes));
    }
    rules(&mut page, report);
    if !timelines.is_empty() {
        page.push_str("<h2>Timelines</h2>\n");
        for timeline in timelines {
            self::timeline(&mut page, timeline);
        }
    }
    if !report.findings.is_empty() {
        page.push_str("<h2>Findings, oldest first</h2>\n");
    }
    for (commit, findings) in report.by_commit() {
        article(&mut page, commit, findings);
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn cards(page: &mut String, report: &Report<'_>) {
    let summary = &report.summary;
    let deny = if summary.deny > 0 { "deny" } else { "good" };
    let warn = if summary.warn > 0 { "warn" } else { "good" };
    let cards = [
        (deny, summary.deny, "denied"),
        (warn, summary.warn, "warned about"),
        ("", report.judged, "commits judged"),
        ("", report.waived(), "waived"),
    ];
    page.push_str("<div class=\"cards\">\n");
    for (class, number, label) in cards {
        let _ = writeln!(page, "<div class=\"card {class}\"><b>{number}</b>{label}</div>");
    }
    page.push_str("</div>\n");
}

fn rules(page: &mut String, report: &Report<'_>) {
    let rules = report.rules();
    if rules.is_empty() {
        return;
    }
    page.push_str("<h2>By rule</h2>\n<section class=\"box\"><table>\n<tr><th>rule</th><th class=\"n\">denied</th><th class=\"n\">warned</th><th class=\"n\">commits</th><th>what it is about</th></tr>\n");
    for (rule, count) in rules {
        let summary = crate::rules::find(rule).map_or("", |rule| rule.summary);
        let cells = [count.deny, count.warn, count.commits].map(|number| format!("<td class=\"n\">{number}</td>")).concat();
        let _ = writeln!(page, "<tr><td><code>{rule}</code></td>{cells}<td>{}</td></tr>", inline(summary));
    }
    page.push_str("</table></section>\n");
}

fn timeline(page: &mut String, timeline: &Timeline) {
    let _ = writeln!(page, "<section class=\"box\">\n{}", chart::svg(timeline, Frame::InPage));
    for damage in &timeline.damage {
        let _ = writeln!(page, "<div class=\"damage\"><p><b>{}</b></p>", escape(&heading(&timeline.versions[damage.at].commit)));
        for what in &damage.what {
            let _ = writeln!(page, "<p>{}</p>", inline(what));
        }
        if let Some((version, command)) = &damage.last_good {
            let since = match damage.mended {
                Some(version) => format!("brought back by {}", heading(&timeline.versions[version].commit)),
                None => "not brought back since".to_owned(),
            };
            let good = heading(&timeline.versions[*version].commit);
            let _ = writeln!(page, "<p class=\"faint\">last good: {}; {}</p><pre>{}</pre>", escape(&good), escape(&since), escape(command));
        }
        page.push_str("</div>\n");
    }
    if timeline.more > 0 {
        let _ = writeln!(page, "<p class=\"faint\">and {} more</p>", counted(timeline.more, "collection"));
    }
    page.push_str("</section>\n");
}

fn article(page: &mut String, commit: &Listed, findings: &[Finding]) {
    page.push_str("<article>\n");
    let Listed { id, author, date, subject } = commit;
    let _ = writeln!(
        page,
        "<header><code>{}</code><b>{}</b><span class=\"faint\">{}</span><span class=\"faint\">{}</span></header>",
        short(id),
        escape(&shown(subject)),
        escape(&shown(author)),
        escape(&shown(date))
    );
    let (told, more) = abridged(findings);
    for finding in told {
        let level = finding.level.word();
        let _ = writeln!(page, "<div class=\"finding\"><p><span class=\"level {level}\">{level}</span><code>{}</code></p>", finding.rule);
        let _ = writeln!(page, "<p>{}</p>", inline(&finding.message));
        if let Some(path) = &finding.place.path {
            let line = finding.place.span.as_ref().map(|span| format!(", line {}", span.start().0)).unwrap_or_default();
            let _ = writeln!(page, "<p class=\"faint\"><code>{}</code>{line}</p>", escape(&shown(path)));
        }
        if let Some(help) = &finding.help {
            let article = articles::find(finding.article)
                .map_or_else(String::new, |article| format!(" (article {}: {})", article.number, article.title));
            let _ = writeln!(page, "<details><summary>What to do{}</summary>{}</details>", escape(&article), block(help));
        }
        page.push_str("</div>\n");
    }
    for (rule, count) in more {
        let _ = writeln!(
            page,
            "<div class=\"finding\"><p class=\"faint\">and {} of <code>{rule}</code></p></div>",
            counted(count, "more finding")
        );
    }
    page.push_str("</article>\n");
}

/// One clause: what stands in backticks is code.
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (at, part) in text.split('`').enumerate() {
        let part = escape(part);
        if at % 2 == 1 { html += &format!("<code>{part}</code>") } else { html += &part }
    }
    html
}

/// Help: lines that are indented are commands.
fn block(text: &str) -> String {
    let mut html = String::new();
    let lines: Vec<&str> = text.lines().collect();
    for group in lines.chunk_by(|a, b| a.starts_with("    ") && b.starts_with("    ")) {
        if group[0].starts_with("    ") {
            let code: Vec<String> = group.iter().map(|line| escape(&line[4..])).collect();
            html += &format!("<pre>{}</pre>", code.join("\n"));
        } else {
            html.extend(group.iter().map(|line| format!("<p>{}</p>", inline(line))));
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_becomes_markup() {
        assert_eq!(inline("a `<b>` & \"c\""), "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;");
        assert_eq!(block("do:\n    x <y\n    z\nor `w`"), "<p>do:</p><pre>x &lt;y\nz</pre><p>or <code>w</code></p>");
        assert_eq!(escape("\u{1b}[2J\u{ffff}"), "\u{fffd}[2J\u{fffd}");
    }
}
