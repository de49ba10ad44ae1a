//! Signs of life from real files and real processes.

use std::process::{Command, Stdio};
use std::time::UNIX_EPOCH;

use super::*;
use crate::policy::{FILE, Policy, Strictness};

/// 2026-03-01T12:00:00Z
const NOW: u64 = 1_772_366_400;

/// A main checkout that is removed at the end.
struct Checkout(tempfile::TempDir);

impl Checkout {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(path);
        fs::write(&path, content).unwrap();
        path
    }

    /// The answer for `alive = [SIGNALS]`.
    fn liveness(&self, signals: &str) -> Liveness {
        self.liveness_at(signals, UNIX_EPOCH + Duration::from_secs(NOW), &|_, _, _| Err("no history here".to_owned()))
    }

    fn liveness_at(&self, signals: &str, now: SystemTime, last_commit: &LastCommit<'_>) -> Liveness {
        let text = format!("[fleet]\nalive = [{signals}]\n");
        let (policy, _) = Policy::read(&text, FILE, Strictness::Strict).unwrap();
        liveness(&policy.fleet, &World { root: self.0.path(), now, last_commit })
    }

    /// The answer for a pid file of that content.
    fn pid(&self, content: impl AsRef<[u8]>) -> (bool, String) {
        self.write("sim.pid", content);
        let answer = self.liveness("{ pid_file = 'sim.pid' }");
        (answer.alive, answer.because)
    }

    /// The answer for a heartbeat file of that content, five minutes being too long.
    fn beat(&self, content: &str) -> (bool, String) {
        self.write("beat.json", content);
        let answer = self.liveness("{ json = 'beat.json', pointer = '/last_run', within = '5m' }");
        (answer.alive, answer.because)
    }
}

fn dead(because: &str) -> (bool, String) {
    (false, because.to_owned())
}

fn alive(because: &str) -> (bool, String) {
    (true, because.to_owned())
}

#[test]
fn without_signs_the_policy_decides() {
    let checkout = Checkout::new();
    assert!(checkout.liveness("").alive);
    let (policy, _) = Policy::read("[fleet]\notherwise = 'dead'", FILE, Strictness::Strict).unwrap();
    let world = World { root: checkout.0.path(), now: SystemTime::now(), last_commit: &|_, _, _| Ok(None) };
    let answer = liveness(&policy.fleet, &world);
    assert_eq!((answer.alive, answer.because), dead("no sign of life is configured, and `fleet.otherwise` is \"dead\""));
}

#[test]
fn a_process_that_runs_is_alive_and_a_stale_pid_file_is_dead() {
    let checkout = Checkout::new();
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    assert_eq!(checkout.pid(format!("{pid}\n")), alive(&format!("process {pid} of `sim.pid` runs")));
    assert!(checkout.pid(format!("  {pid}\r\nstarted by cron\n")).0);
    drop(child.stdin.take());
    child.wait().unwrap();
    assert_eq!(checkout.pid(format!("{pid}")), dead(&format!("process {pid} of `sim.pid` is gone")));
}

#[test]
fn a_zombie_is_dead() {
    let checkout = Checkout::new();
    let mut child = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let mut output = child.stdout.take().unwrap();
    output.read_to_end(&mut Vec::new()).unwrap();
    // Its output is closed; that it has ended follows at once.
    let start = std::time::Instant::now();
    while !Table::here().is_zombie(Pid::from_child(&child)) {
        assert!(start.elapsed() < Duration::from_secs(20), "`true` does not end");
        std::thread::yield_now();
    }
    assert_eq!(checkout.pid(format!("{pid}")), dead(&format!("process {pid} of `sim.pid` has ended")));
    child.wait().unwrap();
}

#[test]
fn what_is_no_process_id_is_dead() {
    let checkout = Checkout::new();
    assert_eq!(checkout.liveness("{ pid_file = 'none.pid' }").because, "there is no `none.pid`");
    assert_eq!(checkout.liveness("{ pid_file = 'none/sim.pid' }").because, "there is no `none/sim.pid`");
    assert_eq!(checkout.pid(""), dead("`sim.pid` is empty"));
    assert_eq!(checkout.pid("\n"), dead("`sim.pid` is empty"));
    for garbage in ["0", "-1", "4711x", "99999999999999999999", "2147483648", "\u{1b}[31m", "0x10"] {
        let (alive, because) = checkout.pid(garbage);
        assert!(!alive && because.ends_with("which is no process id") && !because.contains('\u{1b}'), "{because}");
    }
    assert!(!checkout.pid(b"\xff\xfe\0").0);
}

#[test]
fn a_lock_counts_as_long_as_it_is_fresh() {
    let checkout = Checkout::new();
    let path = checkout.write("push.lock", "");
    let touched = |ago: i64| {
        let time = UNIX_EPOCH + Duration::from_secs(NOW.checked_add_signed(-ago).unwrap());
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let answer = checkout.liveness("{ lock = 'push.lock', within = '10m' }");
        (answer.alive, answer.because)
    };
    assert_eq!(touched(0), alive("`push.lock` was touched 0 seconds ago"));
    assert_eq!(touched(600), alive("`push.lock` was touched 10 minutes ago"));
    assert_eq!(touched(601), dead("`push.lock` was touched 601 seconds ago, more than 10 minutes"));
    assert_eq!(touched(-90), alive("`push.lock` was touched 90 seconds ahead of this machine's clock"));
    let absolute = path.display();
    assert!(checkout.liveness(&format!("{{ lock = '{absolute}', within = '10m' }}")).alive);
    assert!(!checkout.liveness("{ lock = 'other.lock', within = '10m' }").alive);
}

#[test]
fn times_in_json_come_in_every_form() {
    let checkout = Checkout::new();
    for fresh in [
        r#""2026-03-01T11:58:00Z""#,
        r#""2026-03-01T11:58:00.123456Z""#,
        r#""2026-03-01T13:58:00+02:00""#,
        r#""2026-03-01 06:58:00-05:00""#,
        "1772366280",
        "1772366280.5",
        "1772366280000",
        r#""1772366280""#,
        r#""1772366280000""#,
    ] {
        let (alive, because) = checkout.beat(&format!("{{\"last_run\": {fresh}}}"));
        assert!(alive && because.starts_with("`/last_run` of `beat.json` was set ") && because.ends_with(" ago"), "{fresh}: {because}");
    }
    assert!(checkout.beat("{\"last_run\": \"2026-03-01T12:03:00Z\"}").1.ends_with("3 minutes ahead of this machine's clock"));
    for stale in [r#""2026-03-01T11:00:00Z""#, r#""2026-03-01T11:58:00+02:00""#, "1772362800", "1772362800000", "0"] {
        let (alive, because) = checkout.beat(&format!("{{\"last_run\": {stale}}}"));
        assert!(!alive && because.contains("more than 5 minutes"), "{stale}: {because}");
    }
    assert_eq!(checkout.beat("{\"last_run\": null}"), dead("`/last_run` of `beat.json` is null"));
}

#[test]
fn a_sign_that_cannot_be_read_does_not_make_the_fleet_look_dead() {
    let checkout = Checkout::new();
    for torn in
        ["", "{\"last_run\": \"2026-03-0", "{}", "{\"last_run\": \"2026-03-01T11:58:00\"}", "{\"last_run\": -5}", "{\"last_run\": [1]}"]
    {
        let (alive, because) = checkout.beat(torn);
        assert!(alive && because.ends_with("what cannot be read counts as alive"), "{torn}: {because}");
    }
    fs::create_dir(checkout.0.path().join("folder.pid")).unwrap();
    std::os::unix::fs::symlink("loop.pid", checkout.0.path().join("loop.pid")).unwrap();
    for unreadable in ["folder.pid", "loop.pid"] {
        assert!(checkout.liveness(&format!("{{ pid_file = '{unreadable}' }}")).alive, "{unreadable}");
    }
}

#[test]
fn one_sign_is_enough_and_a_sure_one_is_named_first() {
    let checkout = Checkout::new();
    let own = std::process::id();
    checkout.write("own.pid", own.to_string());
    checkout.write("old.pid", "0");
    checkout.write("torn.json", "{");
    let torn = "{ json = 'torn.json', pointer = '/t', within = '1m' }";
    let answer = checkout.liveness(&format!("{{ pid_file = 'old.pid' }}, {torn}, {{ pid_file = 'own.pid' }}"));
    assert_eq!((answer.alive, answer.because), alive(&format!("process {own} of `own.pid` runs")));
    let answer = checkout.liveness("{ pid_file = 'old.pid' }, { pid_file = 'gone.pid' }");
    assert_eq!((answer.alive, answer.because), dead("`old.pid` holds `0`, which is no process id; there is no `gone.pid`"));
}

#[test]
fn commits_are_asked_for_with_their_branch_and_age() {
    let checkout = Checkout::new();
    let now = UNIX_EPOCH + Duration::from_secs(NOW);
    let ask = |last_commit: &LastCommit<'_>| {
        let answer = checkout.liveness_at("{ subject = '^chore: sim ', on = 'origin/main', within = '15m' }", now, last_commit);
        (answer.alive, answer.because)
    };
    let two_minutes = |subject: &Regex, on: &str, within: Duration| {
        assert!(subject.matches("chore: sim 12") && on == "origin/main" && within == Duration::from_secs(900));
        Ok(Some(now - Duration::from_secs(120)))
    };
    assert_eq!(ask(&two_minutes), alive("the last commit like `^chore: sim ` on `origin/main` was made 2 minutes ago"));
    assert!(!ask(&|_, _, _| Ok(Some(now - Duration::from_secs(1000)))).0);
    assert_eq!(ask(&|_, _, _| Ok(None)), dead("no commit like `^chore: sim ` on `origin/main` in the last 15 minutes"));
    assert!(ask(&|_, _, _| Err("there is no such revision".to_owned())).0);
}
