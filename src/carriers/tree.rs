//! Concrete syntax trees of other languages, walked without recursion.

use std::ops::ControlFlow;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Tree};

/// How much of its thread's own time a text may take; sound ones of the largest size take a tenth of that.
const PATIENCE: Duration = Duration::from_secs(1);
/// Larger texts, in bytes, are written by no one.
const LARGEST: usize = 1 << 20;

/// Reads a text.
///
/// # Errors
/// Why the reader gave up, as a fragment: some texts that are not of its language lead it astray for hours.
pub(super) fn read(text: &str, language: &Language) -> Result<Tree, String> {
    if text.len() > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    let mut parser = Parser::new();
    parser.set_language(language).map_err(|error| error.to_string())?;
    let started = spent();
    let mut go_on =
        |_: &ParseState| if spent().saturating_sub(started) > PATIENCE { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut go_on);
    let read = parser.parse_with_options(&mut |at, _| text.as_bytes().get(at..).unwrap_or_default(), None, Some(options));
    read.ok_or_else(|| format!("it takes longer than {} s to read", PATIENCE.as_secs()))
}

/// What this thread has worked: a busy machine is not the text's fault.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// A step of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Enter,
    Leave,
}

/// Visits every named node, before and after what lies in it.
pub(super) fn walk<'t>(root: Node<'t>, visit: &mut dyn FnMut(Step, Node<'t>)) {
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_named() {
            visit(Step::Enter, node);
        }
        if cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.node().is_named() {
                visit(Step::Leave, cursor.node());
            }
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// The named children of a node.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}
