//! What `gnp-lint audit` draws, looked at in a real browser.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

#[path = "support/history.rs"]
mod history;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use history::{audit, grown, on_every_git};
use support::{Sandbox, both};

#[test]
fn page_and_picture_are_shown_by_a_browser() {
    let browser = browser();
    on_every_git(|sandbox| {
        grown(sandbox);
        assert_eq!(audit(sandbox, "--html ../page.html").status.code(), Some(1));
        assert_eq!(audit(sandbox, "--timeline state/people.json --svg ../picture.svg").status.code(), Some(1));
        let page = dom(&browser, sandbox, "page.html");
        assert!(page.contains("<title>Audit of repo</title>") && page.contains("</article>"), "{page}");
        assert!(page.contains("<b>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</b>") && !page.contains("<script"), "{page}");
        assert_eq!(page.matches("class=\"damage\"").count(), 2, "{page}");
        assert_eq!(page.matches("class=\"line\"").count(), 2, "one before and one after the version that is no JSON: {page}");
        let picture = dom(&browser, sandbox, "picture.svg");
        assert!(picture.contains("<circle class=\"dot\"") && !picture.contains("parsererror"), "{picture}");
        assert!(picture.contains("git restore --source="), "{picture}");
        let shot = sandbox.path("shot.png");
        run(&browser, sandbox, &[&format!("--screenshot={}", shot.display()), "--window-size=1100,1400"], "page.html");
        assert!(fs::metadata(&shot).unwrap().len() > 20_000, "the page is blank");
    });
}

fn browser() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places =
        std::env::split_paths(&path).flat_map(|dir| ["chromium", "chromium-browser", "google-chrome"].map(|name| dir.join(name)));
    places.find(|path| path.is_file()).expect("no browser on PATH: apt-get install chromium")
}

fn run(browser: &Path, sandbox: &Sandbox, args: &[&str], file: &str) -> Output {
    let data = sandbox.path("home").join("browser");
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]);
    command.arg(format!("--user-data-dir={}", data.display())).env("HOME", sandbox.path("home")).args(args);
    let output = command.arg(format!("file://{}", sandbox.path(file).display())).output().unwrap();
    assert!(output.status.success(), "{}", both(&output));
    output
}

/// What a browser makes of a file.
fn dom(browser: &Path, sandbox: &Sandbox, file: &str) -> String {
    String::from_utf8(run(browser, sandbox, &["--dump-dom"], file).stdout).unwrap()
}
