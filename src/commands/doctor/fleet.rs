//! Whether the fleet is taken to run, sign by sign.

use std::time::{Duration, SystemTime};

use super::Patient;
use super::line::Line;
use crate::fleet::{self, Sign, World};
use crate::pattern::Regex;

pub(super) fn lines(patient: &Patient) -> Vec<Line> {
    let about = "fleet";
    let root = patient.checkouts.first().unwrap_or(&patient.repository.top);
    let last_commit =
        |subject: &Regex, on: &str, within: Duration| patient.repo.last_commit(subject, on, within).map_err(|error| error.to_string());
    let world = World { root, now: SystemTime::now(), last_commit: &last_commit };
    let settings = &patient.law.policy.fleet;
    let verdict = fleet::liveness(settings, &world);
    let state = if verdict.alive { "it runs" } else { "it does not run" };
    let mut line = Line::ok(about, format!("{state}: {}", verdict.because));
    let mut unread = false;
    for sign in fleet::signs(settings, &world) {
        let (says, clause) = match sign {
            Sign::Alive(clause) => ("alive", clause),
            Sign::Dead(clause) => ("dead", clause),
            Sign::Unread(clause) => {
                unread = true;
                ("cannot be told", clause)
            }
        };
        line.details.push(format!("{says}: {clause}"));
    }
    if unread {
        line.state = super::State::Warning;
        line = line.advised("a sign that cannot be read counts as alive; correct it in `[fleet] alive` of gnp.toml");
    }
    vec![line]
}
