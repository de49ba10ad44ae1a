//! A timeline as SVG: one panel for each collection, with the damage marked.

use std::fmt::Write as _;

use super::sparkline::{fitted, title};
use super::telling::heading;
use super::timeline::{Series, State, Timeline};
use crate::report::{short, shown};

const WIDTH: usize = 960;
const LEFT: usize = 220;
const RIGHT: usize = 150;
const PLOT: usize = WIDTH - LEFT - RIGHT;
const PANEL: usize = 52;
const GAP: usize = 14;
const TOP: usize = 76;
/// How many characters of a name fit before the plot.
const NAME: usize = 27;
/// How many characters of a line fit the width.
const LONGEST: usize = 120;
const LINE: usize = 20;
/// How much damage a chart that stands alone tells of; the rest is only marked.
const TOLD: usize = 20;

/// The colours of charts, for light and dark: also those of the page that holds them.
pub(super) const STYLE: &str = "\
svg.timeline{--ground:#ffffff;--ink:#1f2328;--faint:#656d76;--rule:#d8dee4;--line:#0969da;--area:#0969da22;--bad:#cf222e;--gone:#bf8700}
@media(prefers-color-scheme:dark){svg.timeline{--ground:#0d1117;--ink:#e6edf3;--faint:#8d96a0;--rule:#30363d;--line:#58a6ff;--area:#58a6ff2e;--bad:#ff7b72;--gone:#d29922}}
svg.timeline{font-family:system-ui,-apple-system,'Segoe UI',sans-serif;font-size:13px}
.ground{fill:var(--ground)}.timeline text{fill:var(--ink)}.timeline .faint{fill:var(--faint);font-size:12px}.timeline .title{font-size:17px;font-weight:600}
.timeline .name,.timeline .command{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:12px}
.timeline .number{font-variant-numeric:tabular-nums}.rule{stroke:var(--rule)}.line{fill:none;stroke:var(--line);stroke-width:1.5}
.area{fill:var(--area)}.bad{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:3 2}.dot{fill:var(--bad)}.unread{fill:var(--gone);fill-opacity:.35}
.timeline .alarm{fill:var(--bad);font-weight:600}";

/// Where a chart stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// In a file of its own.
    Alone,
    /// In a page that has its style and tells the damage itself.
    InPage,
}

/// Draws a timeline.
pub(super) fn svg(timeline: &Timeline, frame: Frame) -> String {
    let panels = timeline.series.len();
    let axis = TOP + panels * (PANEL + GAP) + LINE;
    let told: Vec<(&str, String)> = if frame == Frame::Alone { lines(timeline) } else { Vec::new() };
    let height = axis + 16 + told.len() * LINE;
    let mut svg = format!(
        "<svg class=\"timeline\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n",
        escape(&format!("{}: {}", shown(&timeline.path), title(timeline)))
    );
    if frame == Frame::Alone {
        let _ = writeln!(svg, "<style>{STYLE}</style>\n<rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\"/>");
    }
    let _ = writeln!(svg, "<text class=\"title\" x=\"16\" y=\"28\">{}</text>", escape(&shown(&timeline.path)));
    let _ = writeln!(svg, "<text class=\"faint\" x=\"16\" y=\"48\">{}</text>", escape(&title(timeline)));
    for (at, series) in timeline.series.iter().enumerate() {
        panel(&mut svg, timeline, series, TOP + at * (PANEL + GAP));
    }
    marks(&mut svg, timeline, axis);
    let day = |version: usize| timeline.versions.get(version).map_or("", |version| version.commit.date.get(..10).unwrap_or(""));
    let _ = writeln!(svg, "<text class=\"faint\" x=\"{LEFT}\" y=\"{axis}\">{}</text>", escape(day(0)));
    let newest = escape(day(timeline.versions.len().saturating_sub(1)));
    let _ = writeln!(svg, "<text class=\"faint\" x=\"{}\" y=\"{axis}\" text-anchor=\"end\">{newest}</text>", LEFT + PLOT);
    for (at, (class, line)) in told.iter().enumerate() {
        let _ = writeln!(svg, "<text class=\"{class}\" x=\"16\" y=\"{}\">{}</text>", axis + (at + 1) * LINE + 6, escape(line));
    }
    svg.push_str("</svg>\n");
    svg
}

/// Text as it may stand in HTML and XML, in elements and in quotes. Characters that XML has no place for are replaced.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(character),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            control if control.is_control() => safe.push('\u{fffd}'),
            plain => safe.push(plain),
        }
    }
    safe
}

/// The left edge of a version's stretch; of one beyond the last, the right edge of the plot.
fn x(timeline: &Timeline, version: usize) -> usize {
    LEFT + version * PLOT / timeline.versions.len().max(1)
}

fn panel(svg: &mut String, timeline: &Timeline, series: &Series, top: usize) {
    let most = series.entries.iter().flatten().copied().max().unwrap_or(0);
    let bottom = top + PANEL;
    let y = |entries: u64| {
        let up = u128::from(entries) * PANEL as u128 / u128::from(most.max(1));
        bottom - usize::try_from(up).unwrap_or(0)
    };
    let name = fitted(&series.name(), NAME);
    let _ = writeln!(svg, "<line class=\"rule\" x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{}\" y2=\"{bottom}\"/>", LEFT + PLOT);
    let _ = writeln!(svg, "<text class=\"name\" x=\"16\" y=\"{}\">{}</text>", top + PANEL / 2 + 4, escape(&name));
    // One shape for each run of versions that have the collection.
    let mut version = 0;
    while version < series.entries.len() {
        if series.entries[version].is_none() {
            version += 1;
            continue;
        }
        let start = version;
        let mut line = String::new();
        while let Some(entries) = series.entries.get(version).copied().flatten() {
            // A level stretch is one line, however many versions it is long.
            if version == start || series.entries[version - 1] != Some(entries) {
                let _ = write!(
                    line,
                    "{}{} {}",
                    if version == start { "M" } else { "H" },
                    x(timeline, version),
                    if version == start { y(entries).to_string() } else { format!("V{}", y(entries)) }
                );
            }
            version += 1;
        }
        let _ = write!(line, "H{}", x(timeline, version));
        let _ = writeln!(svg, "<path class=\"area\" d=\"{line}V{bottom}H{}Z\"/><path class=\"line\" d=\"{line}\"/>", x(timeline, start));
    }
    let now = series.entries.last().copied().flatten().map_or_else(|| "gone".to_owned(), |entries| entries.to_string());
    let right = LEFT + PLOT + 12;
    let _ = writeln!(svg, "<text class=\"number\" x=\"{right}\" y=\"{}\">{now}</text>", top + PANEL / 2);
    let _ = writeln!(svg, "<text class=\"faint number\" x=\"{right}\" y=\"{}\">most {most}</text>", top + PANEL / 2 + 16);
}

/// Versions that cannot be read, and damage, over all panels.
fn marks(svg: &mut String, timeline: &Timeline, axis: usize) {
    let bottom = axis - LINE - GAP;
    for (version, there) in timeline.versions.iter().enumerate() {
        if matches!(there.state, State::Unreadable | State::Missing) {
            let (left, right) = (x(timeline, version), x(timeline, version + 1));
            let why = if there.state == State::Missing { "not in this clone" } else { "no JSON" };
            let hint = escape(&format!("{why}: {}", heading(&there.commit)));
            let _ = writeln!(
                svg,
                "<rect class=\"unread\" x=\"{left}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"><title>{hint}</title></rect>",
                (right - left).max(2),
                bottom.saturating_sub(TOP)
            );
        }
        if let Some(damage) = timeline.damage_at(version) {
            let x = x(timeline, version);
            let hint = escape(&format!("{}\n{}", heading(&there.commit), damage.what.join("\n")));
            let _ = writeln!(
                svg,
                "<g><title>{hint}</title><line class=\"bad\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{bottom}\"/><circle class=\"dot\" cx=\"{x}\" cy=\"{}\" r=\"4\"/></g>",
                TOP - 6,
                TOP - 8
            );
        }
    }
}

/// What a chart that stands alone says of the damage.
fn lines(timeline: &Timeline) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for damage in timeline.damage.iter().take(TOLD) {
        lines.push(("alarm", fitted(&heading(&timeline.versions[damage.at].commit), LONGEST)));
        if let Some((version, command)) = &damage.last_good {
            let good = short(&timeline.versions[*version].commit.id);
            let since = damage.mended.map(|version| format!("; brought back in {}", short(&timeline.versions[version].commit.id)));
            lines.push(("faint", format!("last good: commit {good}{}", since.unwrap_or_default())));
            lines.push(("command", command.clone()));
        }
    }
    lines
}
