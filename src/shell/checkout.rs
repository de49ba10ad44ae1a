//! Whose checkout a script works in.

/// Whose checkout a script works in where it stands, before it goes anywhere else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Checkout {
    /// Perhaps the one that everybody shares: files, recipes, what people and agents paste.
    #[default]
    Shared,
    /// That of whoever reads it: a page tells people what to type in their own clone.
    Reader,
    /// A clone of its own: the job of a hosted CI runner, the build of an image.
    Own,
}
