//! `gnp-lint demo`: the three incidents and the honest traffic between them, replayed with real git and the real hooks.

mod stage;

use anyhow::Result;

use self::stage::{Ended, Stage, Who};
use super::{Exit, Streams};
use crate::report::shown;

/// Replays the three incidents in a throwaway repository.
#[derive(Debug, Clone, clap::Args)]
pub struct Demo {}

/// What goes wrong in an act, as a clause.
type Act = Result<(), String>;

const AGENTS: &str = "state/agents.json";
const ASSIGNMENTS: &str = "state/stream_assignments.json";
const SCRIPT: &str = "scripts/run.sh";

impl Demo {
    /// Runs the command: exit code 0 when every act ended as it should, 1 when one did not.
    ///
    /// # Errors
    /// When the stage cannot be set: no git, no room for a temporary folder.
    pub fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let stage = Stage::new()?;
        stage.install()?;
        writeln!(
            streams.out,
            "A fleet commits {COUNT} agents to {AGENTS}, a session works beside it; {}, real hooks.\n",
            stage.version()?
        )?;
        let mut play = Play { stage: &stage, streams, failed: 0, acts: 0 };
        play.wipe()?;
        play.stash()?;
        play.worktree()?;
        play.script()?;
        let (acts, failed) = (play.acts, play.failed);
        stage.strike()?;
        if failed == 0 {
            writeln!(streams.out, "\nAll {acts} acts ended as they should; the repository is gone again.")?;
            return Ok(Exit::Clean);
        }
        writeln!(streams.out, "\n{failed} of {acts} acts did not end as they should.")?;
        Ok(Exit::Denied)
    }
}

/// How many agents the fleet has.
const COUNT: usize = 136;

/// The performance so far.
struct Play<'p, 'w> {
    stage: &'p Stage,
    streams: &'p mut Streams<'w>,
    failed: usize,
    acts: usize,
}

impl Play<'_, '_> {
    /// Incident 1: an autostash, popped over what the fleet had rewritten, is resolved to an empty collection and committed.
    fn wipe(&mut self) -> Result<()> {
        self.frame(404)?;
        let before = self.stage.read(AGENTS)?;
        self.stage.write(AGENTS, "{\"agents\": {}}\n")?;
        let main = self.stage.tip("main")?;
        let wiped = self.stage.commit(Who::Fleet, AGENTS, "Resolve the popped autostash")?;
        let refused = refused(&wiped).and_then(|()| says(&wiped, &["emptied-collection", "agent-001"]));
        let refused = refused.and_then(|()| self.is("main", &main, "`Frame 404`"));
        self.act(
            "a conflict is resolved to {\"agents\": {}}",
            "refused",
            refused,
            &wiped,
            &["emptied-collection", "agent-001", "git restore"],
        )?;

        let command = wiped.line("git restore");
        let restored = match &command {
            Some(command) => self.stage.shell(command)?,
            None => Ended::default(),
        };
        let back = if self.stage.read(AGENTS)? == before && self.stage.status()?.is_empty() {
            passed(&restored)
        } else {
            Err("the agents are not back".to_owned())
        };
        self.act("the command it printed is pasted", "agents are back", back, &restored, &[])
    }

    /// Incident 1, where it began: somebody puts the fleet's uncommitted state aside.
    fn stash(&mut self) -> Result<()> {
        self.stage.write(AGENTS, &agents(405))?;
        let (bytes, status) = (self.stage.read(AGENTS)?, self.stage.status()?);
        let stashed = self.stage.git(Who::Session, &["stash"])?;
        let untouched = self.stage.read(AGENTS)? == bytes && self.stage.status()? == status;
        let none = self.stage.git(Who::Session, &["stash", "list"])?.text.is_empty();
        let result = refused(&stashed).and_then(|()| says(&stashed, &["stash-over-fleet"]));
        let result = result.and_then(|()| if untouched && none { Ok(()) } else { Err("the files were touched".to_owned()) });
        self.act("`git stash` over an uncommitted frame 405", "refused, untouched", result, &stashed, &["stash-over-fleet"])?;
        let committed = self.stage.commit(Who::Fleet, AGENTS, "Frame 405")?;
        let result = passed(&committed).and_then(|()| self.is_subject("main", "Frame 405"));
        self.act("the fleet commits it as frame 405", "passed", result, &committed, &[])
    }

    /// Incident 2: a worktree is made from HEAD while the assignments are uncommitted.
    fn worktree(&mut self) -> Result<()> {
        self.stage.write(ASSIGNMENTS, "{\"streams\": {\"stream-1\": [\"agent-001\", \"agent-002\"]}}\n")?;
        let bytes = self.stage.read(ASSIGNMENTS)?;
        let made = self.stage.git(Who::Session, &["worktree", "add", "-q", "-b", "dc/stream-1/frame-406", "../worker"])?;
        let carried = self.stage.read(&format!("../worker/{ASSIGNMENTS}")).is_ok_and(|there| there == bytes);
        let result = passed(&made).and_then(|()| if carried { Ok(()) } else { Err("the assignments are not in the worktree".to_owned()) });
        self.act("a worktree is made for a worker", "gets its uncommitted assignments", result, &made, &[ASSIGNMENTS])
    }

    /// Incident 3: a script that macOS cannot run.
    fn script(&mut self) -> Result<()> {
        let tip = self.stage.tip("dc/stream-1/frame-406")?;
        self.stage
            .write(&format!("../worker/{SCRIPT}"), "#!/bin/bash\npids=()\ntimeout 60 ./stream.sh &\npids+=($!)\nwait \"${pids[-1]}\"\n")?;
        let committed = self.stage.commit_in("../worker", Who::Session, SCRIPT, "Run the stream")?;
        let refused = refused(&committed).and_then(|()| says(&committed, &["missing-command", "bash-feature-too-new"]));
        let refused = refused.and_then(|()| self.is("dc/stream-1/frame-406", &tip, "where the worktree began"));
        let shown = ["missing-command", "bash-feature-too-new"];
        self.act("it commits `timeout` and ${pids[-1]}", "refused", refused, &committed, &shown)?;

        self.stage.write(&format!("../worker/{SCRIPT}"), "#!/bin/bash\n./stream.sh &\nwait \"$!\"\n")?;
        let committed = self.stage.commit_in("../worker", Who::Session, SCRIPT, "Run the stream")?;
        let result = passed(&committed).and_then(|()| self.is_subject("dc/stream-1/frame-406", "Run the stream"));
        self.act("it commits the portable script", "passed", result, &committed, &[])?;
        self.frame(406)
    }

    /// The fleet commits a frame.
    fn frame(&mut self, number: usize) -> Result<()> {
        self.stage.write(AGENTS, &agents(number))?;
        let subject = format!("Frame {number}");
        let committed = self.stage.commit(Who::Fleet, AGENTS, &subject)?;
        let result = passed(&committed).and_then(|()| self.is_subject("main", &subject));
        self.act(&format!("the fleet commits frame {number}"), "passed", result, &committed, &[])
    }

    fn is(&self, branch: &str, id: &str, what: &str) -> Act {
        let tip = self.stage.tip(branch).map_err(|error| error.to_string())?;
        if tip == id { Ok(()) } else { Err(format!("`{branch}` is not {what} any more")) }
    }

    fn is_subject(&self, branch: &str, subject: &str) -> Act {
        let found = self.stage.subject(branch).map_err(|error| error.to_string())?;
        if found == subject { Ok(()) } else { Err(format!("the tip of `{branch}` is `{}`", shown(&found))) }
    }

    /// Prints how an act ended, with the lines of git's and gnp-lint's own words that hold one of `words`; all of them if it went wrong.
    fn act(&mut self, title: &str, so: &str, result: Act, ended: &Ended, words: &[&str]) -> Result<()> {
        self.acts += 1;
        let out = &mut *self.streams.out;
        if let Err(wrong) = result {
            self.failed += 1;
            writeln!(out, "WRONG {title:<44} {wrong}")?;
            for line in ended.text.lines() {
                writeln!(out, "      | {}", shown(line))?;
            }
            return Ok(out.flush()?);
        }
        writeln!(out, "ok    {title:<44} {so}")?;
        let mut lines: Vec<String> = words.iter().filter_map(|word| ended.line(word)).collect();
        lines.dedup();
        for line in lines {
            writeln!(out, "      | {}", shown(&line))?;
        }
        Ok(out.flush()?)
    }
}

fn passed(ended: &Ended) -> Act {
    if ended.success { Ok(()) } else { Err("it did not pass".to_owned()) }
}

fn refused(ended: &Ended) -> Act {
    if ended.success { Err("it was not refused".to_owned()) } else { Ok(()) }
}

fn says(ended: &Ended, words: &[&str]) -> Act {
    match words.iter().find(|word| !ended.text.contains(**word)) {
        Some(word) => Err(format!("`{word}` is not said")),
        None => Ok(()),
    }
}

/// The fleet's agents as a frame leaves them.
fn agents(frame: usize) -> String {
    let agent = |number| format!("    \"agent-{number:03}\": {{\"frame\": {frame}}}");
    let agents: Vec<String> = (1..=COUNT).map(agent).collect();
    format!("{{\n  \"agents\": {{\n{}\n  }}\n}}\n", agents.join(",\n"))
}
