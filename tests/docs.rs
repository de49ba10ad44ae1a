//! The registry is honest, and the generated documents agree with it. `UPDATE=1 cargo test` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use gnp_lint::articles::{ARTICLES, Article};
use gnp_lint::rule::{Check, Level, Rule};
use gnp_lint::rules::RULES;

#[test]
fn the_registry_is_honest() {
    let problems = problems(RULES, &files_of_rules());
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_page_of_rules_is_in_step() {
    in_step(&root().join("rules/README.md"), &page(RULES));
}

#[test]
fn the_table_in_the_readme_is_in_step() {
    let path = root().join("README.md");
    let Ok(readme) = fs::read_to_string(&path) else { return };
    match with_section(&readme, "rules", &table(RULES, "rules/README.md")) {
        Ok(expected) => in_step(&path, &expected),
        Err(problem) => panic!("README.md: {problem}"),
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a file with what it must hold, or writes it when `UPDATE` is set.
fn in_step(path: &Path, expected: &str) {
    if std::env::var_os("UPDATE").is_some_and(|value| !value.is_empty()) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::write(path, expected).unwrap();
    }
    let actual = fs::read_to_string(path).unwrap_or_default();
    let line = actual.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count() + 1;
    assert!(actual == expected, "{} is out of step from line {line} on; run: UPDATE=1 cargo test", path.display());
}

/// Puts a text between the two markers of a name, and keeps everything else.
fn with_section(document: &str, name: &str, section: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let (before, rest) = document.split_once(&begin).ok_or_else(|| format!("`{begin}` is missing"))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| format!("`{end}` is missing behind `{begin}`"))?;
    Ok(format!("{before}{begin}\n{section}{end}{after}"))
}

/// The names, without `.rs`, of the files that hold a rule.
fn files_of_rules() -> BTreeSet<String> {
    let files = fs::read_dir(root().join("src/rules")).unwrap().map(|entry| entry.unwrap().path());
    let holding = files.filter(|path| fs::read_to_string(path).is_ok_and(|text| text.contains("const RULE: Rule = Rule {")));
    holding.filter_map(|path| path.file_stem()?.to_str().map(str::to_owned)).collect()
}

fn problems(rules: &[&Rule], files: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for rule in rules {
        problems.extend(wrong_with(rule).into_iter().map(|wrong| format!("{}: {wrong}", rule.name)));
        let file = rule.name.replace('-', "_");
        if !files.contains(&file) {
            problems.push(format!("{}: src/rules/{file}.rs is missing", rule.name));
        }
        if !names.insert(rule.name) {
            problems.push(format!("{}: the name is taken twice", rule.name));
        }
    }
    let unknown = files.iter().filter(|file| !names.contains(file.replace('_', "-").as_str()));
    problems.extend(unknown.map(|file| format!("src/rules/{file}.rs is not registered in src/rules/mod.rs")));
    problems
}

fn wrong_with(rule: &Rule) -> Vec<&'static str> {
    let kebab = rule.name.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9')));
    let blank = |examples: &[&str]| examples.is_empty() || examples.iter().any(|example| example.trim().is_empty());
    [
        (!kebab, "the name is not kebab-case"),
        (!ARTICLES.iter().any(|article| article.number == rule.article), "there is no such article"),
        (rule.summary.trim().is_empty() || rule.summary.contains('\n'), "the summary is not one line"),
        (rule.summary.ends_with('.'), "the summary ends with a full stop"),
        (rule.why.trim().is_empty(), "it does not say why"),
        (blank(rule.bad), "a bad example is missing or empty"),
        (blank(rule.good), "a good example is missing or empty"),
        (rule.bad.iter().any(|bad| rule.good.contains(bad)), "an example is both bad and good"),
        (rule.why.matches("```").count() % 2 == 1, "a fence in the why is not closed"),
    ]
    .into_iter()
    .filter_map(|(wrong, what)| wrong.then_some(what))
    .collect()
}

/// The whole of `rules/README.md`.
fn page(rules: &[&Rule]) -> String {
    let mut page = String::from(
        "<!-- Generated from src/rules/ and src/articles.rs: UPDATE=1 cargo test -->\n\n# Rules\n\n\
         Each rule names the fault that it finds. A finding that is denied ends with exit status 1, and at a hook the act is refused;\n\
         one that is warned about is reported, and the act goes on. `[rules]` in `gnp.toml` sets other levels:\n\n\
         ```toml\n[rules]\nrule-name = \"warn\" # deny, warn or allow\n```\n\n\
         Every example is executed by the tests: those of scripts are linted, the others are run in a repository with the hooks installed.\n",
    );
    for article in ARTICLES {
        let rules = of(article, rules);
        write!(page, "\n## {}\n\n{}\n", headline(article), filled(article.text)).unwrap();
        if rules.is_empty() {
            continue;
        }
        write!(page, "\n{}", rows(&rules, "")).unwrap();
        for rule in rules {
            write!(page, "\n{}", section(rule)).unwrap();
        }
    }
    page
}

fn section(rule: &Rule) -> String {
    let mut text = format!("### {}\n\n{}.\n\n", rule.name, capitalised(rule.summary));
    write!(text, "Level: {} · judges {}\n\n{}\n", rule.level.word(), judged(rule), rule.why.trim()).unwrap();
    for (title, examples) in [("Bad", rule.bad), ("Good", rule.good)] {
        write!(text, "\n{title}:\n").unwrap();
        for example in examples {
            let fence = if example.contains("```") { "````" } else { "```" };
            write!(text, "\n{fence}sh\n{}\n{fence}\n", example.trim_matches('\n')).unwrap();
        }
    }
    text
}

/// One table an article, for the README; names lead to `page`.
fn table(rules: &[&Rule], page: &str) -> String {
    let mut text = String::new();
    for article in ARTICLES {
        let rules = of(article, rules);
        if !rules.is_empty() {
            write!(text, "\n**{}**\n\n{}", headline(article), rows(&rules, page)).unwrap();
        }
    }
    text.push('\n');
    text
}

fn rows(rules: &[&Rule], page: &str) -> String {
    let mut text = String::from("| rule | level | judges | finds |\n| --- | --- | --- | --- |\n");
    for rule in rules {
        let summary = rule.summary.replace('|', "\\|");
        writeln!(text, "| [`{0}`]({page}#{0}) | {1} | {2} | {summary} |", rule.name, rule.level.word(), judged(rule)).unwrap();
    }
    text
}

fn of<'r>(article: &Article, rules: &[&'r Rule]) -> Vec<&'r Rule> {
    let mut rules: Vec<_> = rules.iter().copied().filter(|rule| rule.article == article.number).collect();
    rules.sort_by_key(|rule| rule.name);
    rules
}

fn headline(article: &Article) -> String {
    if article.number == 0 { capitalised(article.title) } else { format!("Article {}: {}", article.number, article.title) }
}

fn judged(rule: &Rule) -> &'static str {
    match rule.check {
        Check::Script(_) => "scripts",
        Check::Change(_) => "changes of files",
        Check::Event(_) => "acts of git",
        Check::Repository(_) => "the repository, asked by `gnp-lint doctor`",
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// Breaks a paragraph into lines, so that a change of one word is a change of few lines.
fn filled(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.len() + word.len() < 120) {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

const SOUND: Rule = Rule {
    name: "drained-well",
    article: 6,
    summary: "`jq` | sponge over the well",
    why: "Because of the water.\n",
    level: Level::Warn,
    bad: &["drain well\n"],
    good: &["cat <<'E'\n```\nE"],
    check: Check::Change(|_, _, _| ()),
};

fn files(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn a_sound_rule_passes_and_a_wrong_one_does_not() {
    assert_eq!(problems(&[&SOUND], &files(&["drained_well"])), Vec::<String>::new());
    let wrong = Rule { name: "Bad--name", article: 9, summary: "It ends.", why: " ", bad: &[], good: &["x", ""], ..SOUND };
    let expected = [
        "Bad--name: the name is not kebab-case",
        "Bad--name: there is no such article",
        "Bad--name: the summary ends with a full stop",
        "Bad--name: it does not say why",
        "Bad--name: a bad example is missing or empty",
        "Bad--name: a good example is missing or empty",
        "Bad--name: src/rules/Bad__name.rs is missing",
        "src/rules/stray_file.rs is not registered in src/rules/mod.rs",
    ];
    assert_eq!(problems(&[&wrong], &files(&["stray_file"])), expected);
    let both = Rule { good: &["drain well\n"], ..SOUND };
    let twice = problems(&[&SOUND, &both], &files(&["drained_well"]));
    assert_eq!(twice, ["drained-well: an example is both bad and good", "drained-well: the name is taken twice"]);
}

#[test]
fn a_rule_is_documented_with_everything_it_says() {
    let section = section(&SOUND);
    for part in
        ["### drained-well\n", "Level: warn · judges changes of files", "Because of the water.", "```sh\ndrain well\n```", "````sh\ncat"]
    {
        assert!(section.contains(part), "{part} in {section}");
    }
    let row = "| [`drained-well`](p#drained-well) | warn | changes of files | `jq` \\| sponge over the well |\n";
    assert!(table(&[&SOUND], "p").contains(row));
}

#[test]
fn a_section_is_replaced_between_its_markers() {
    let document = "a\n<!-- rules:begin -->\nold\n<!-- rules:end -->\nz\n";
    let new = with_section(document, "rules", "new\n").unwrap();
    assert_eq!(new, "a\n<!-- rules:begin -->\nnew\n<!-- rules:end -->\nz\n");
    assert_eq!(with_section(&new, "rules", "new\n").unwrap(), new);
    assert!(with_section("a", "rules", "").is_err());
    assert!(with_section("<!-- rules:end --><!-- rules:begin -->", "rules", "").is_err());
}
