//! Concrete syntax trees of other languages, walked without recursion.

use tree_sitter::{Language, Node, Parser, Tree};

/// Reads a text; none where the reader gives up.
pub(super) fn read(text: &str, language: &Language) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    parser.parse(text, None)
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
