//! Shell text → what it uses, where, and under which guards. The only folder that names the parser.

/// A script and what it uses.
#[derive(Debug)]
pub struct Script {
    /// Relative to the repository's root, with `/`.
    pub path: String,
}
