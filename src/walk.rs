//! Paths of the command line → files that may be scripts. Nothing is opened here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ignore::{DirEntry, WalkBuilder};

/// A file that may be a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it lies.
    pub disk: PathBuf,
    /// As findings name it: from the repository's root where there is one, else as given; with `/`.
    pub path: String,
    /// The repository's root.
    pub root: Option<PathBuf>,
    /// Whether it was named itself, or found in a folder.
    pub named: bool,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Walk {
    /// Ordered by path, each file once.
    pub files: Vec<File>,
    /// What could not be looked at: lower-case fragments for messages.
    pub problems: Vec<String>,
    /// Folders left out because they are repositories of their own: submodules, linked worktrees, clones.
    pub repositories: usize,
}

/// Finds the files that paths stand for. A folder stands for the regular files below it that git does not ignore, hidden ones too; symbolic
/// links in it are not followed, and FIFOs, sockets and devices are left alone.
pub fn walk<P: AsRef<Path>>(paths: &[P]) -> Walk {
    let mut walk = Walk::default();
    let mut files = Files::new();
    let mut origins = Origins::new();
    for path in paths {
        let path = path.as_ref();
        match fs::metadata(path) {
            Err(error) => walk.problems.push(unreachable(path, &error)),
            Ok(kind) if kind.is_dir() => folder(path, &mut files, &mut walk),
            Ok(kind) if kind.is_file() => keep(&mut files, named_in(&mut origins, path)),
            Ok(_) => {
                walk.problems
                    .push(format!("`{}` is not a regular file; hand it over on standard input: gnp-lint - < FILE", displayed(path)));
            }
        }
    }
    walk.files = files.into_values().collect();
    walk
}

/// A file that was named, whether it exists or not.
pub fn named(path: &Path) -> File {
    named_in(&mut Origins::new(), path)
}

/// Folders that were looked at already: thousands of files may be named in one.
type Origins = BTreeMap<PathBuf, Origin>;

fn named_in(origins: &mut Origins, path: &Path) -> File {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = Path::new(path.file_name().unwrap_or_default());
    if let Some(origin) = origins.get(folder) {
        return origin.file(path, name, true);
    }
    origins.entry(folder.to_path_buf()).or_insert(Origin::of(folder)).file(path, name, true)
}

/// The root of the repository around a folder: the nearest folder upwards that holds `.git`.
pub fn root_of(folder: &Path) -> Option<PathBuf> {
    let folder = real(folder)?;
    folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf)
}

/// A path as messages show it.
pub fn displayed(path: &Path) -> String {
    crate::report::shown(&path.to_string_lossy())
}

/// By path first, for the order of the report; then by root and exact name, which are not always told by the path.
type Files = BTreeMap<(String, Option<PathBuf>, OsString), File>;

fn folder(path: &Path, files: &mut Files, walk: &mut Walk) {
    let origin = Origin::of(path);
    let repositories = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&repositories);
    let entries =
        WalkBuilder::new(path).hidden(false).ignore(false).follow_links(false).filter_entry(move |entry| enters(entry, &count)).build();
    for entry in entries {
        match entry {
            // Links are not followed: what one points to in this tree is found by itself, and what lies outside was not asked for.
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                let below = entry.path().strip_prefix(path).unwrap_or(entry.path()).to_path_buf();
                keep(files, origin.file(entry.path(), &below, false));
            }
            Ok(_) => {}
            Err(error) => walk.problems.push(unwalkable(path, &error)),
        }
    }
    walk.repositories += repositories.load(Ordering::Relaxed);
}

/// What stopped the walk below a folder; the path that the error names, as far as it names one.
fn unwalkable(folder: &Path, error: &ignore::Error) -> String {
    match error {
        ignore::Error::WithPath { path, err } => unwalkable(path, err),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => unwalkable(folder, err),
        ignore::Error::Io(error) => unreachable(folder, error),
        other => format!("`{}` cannot be reached: {}", displayed(folder), crate::report::shown(&other.to_string())),
    }
}

fn enters(entry: &DirEntry, repositories: &AtomicUsize) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    if entry.file_name() == ".git" {
        return false;
    }
    let nested = entry.file_type().is_some_and(|kind| kind.is_dir()) && entry.path().join(".git").exists();
    if nested {
        repositories.fetch_add(1, Ordering::Relaxed);
    }
    !nested
}

fn keep(files: &mut Files, file: File) {
    let named = file.named;
    let name = file.disk.file_name().unwrap_or_default().to_owned();
    files.entry((file.path.clone(), file.root.clone(), name)).or_insert(file).named |= named;
}

fn unreachable(path: &Path, error: &io::Error) -> String {
    let broken = error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_ok();
    let why = match error.kind() {
        io::ErrorKind::NotFound if broken => "is a symbolic link to nothing".to_owned(),
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "cannot be reached: permission denied".to_owned(),
        _ => format!("cannot be reached: {}", crate::report::shown(&error.to_string())),
    };
    format!("`{}` {why}", displayed(path))
}

/// A folder that paths are counted from.
struct Origin {
    /// As it was given, without `.` parts.
    given: PathBuf,
    /// The repository's root, and the folder's place in it.
    repository: Option<(PathBuf, PathBuf)>,
}

impl Origin {
    fn of(folder: &Path) -> Self {
        let repository = root_of(folder).and_then(|root| {
            let inside = real(folder)?.strip_prefix(&root).ok()?.to_path_buf();
            Some((root, inside))
        });
        Self { given: folder.components().filter(|part| *part != Component::CurDir).collect(), repository }
    }

    fn file(&self, disk: &Path, below: &Path, named: bool) -> File {
        let base = self.repository.as_ref().map_or(&self.given, |(_, inside)| inside);
        let path = base.join(below).to_string_lossy().into_owned();
        File { disk: disk.to_path_buf(), path, root: self.repository.as_ref().map(|(root, _)| root.clone()), named }
    }
}

fn real(folder: &Path) -> Option<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    fs::canonicalize(folder).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        dir
    }

    fn found(walk: &Walk) -> Vec<&str> {
        walk.files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn git_decides_what_is_ignored_and_paths_count_from_the_root() {
        let dir = tree(&[".git/HEAD", ".git/hooks/x.sh", "sub/.hidden/b.sh", "sub/a.sh", "sub/out/gone.sh", "sub/two\nlines.sh", "c.sh"]);
        fs::write(dir.path().join(".gitignore"), "out/\n").unwrap();
        let walk = walk(&[dir.path().join("sub"), dir.path().join("sub/./a.sh")]);
        assert_eq!(found(&walk), ["sub/.hidden/b.sh", "sub/a.sh", "sub/two\nlines.sh"]);
        assert_eq!(walk.files.iter().map(|file| file.named).collect::<Vec<_>>(), [false, true, false]);
        assert!(walk.problems.is_empty());
    }

    #[test]
    fn files_of_one_name_are_told_apart() {
        use std::os::unix::ffi::OsStringExt;
        let (one, two) = (tree(&[".git/HEAD", "a.sh"]), tree(&[".git/HEAD", "a.sh"]));
        fs::write(two.path().join(OsString::from_vec(b"\xff.sh".to_vec())), "x").unwrap();
        fs::write(two.path().join(OsString::from_vec(b"\xfe.sh".to_vec())), "x").unwrap();
        assert_eq!(found(&walk(&[one.path(), two.path()])), ["a.sh", "a.sh", "\u{fffd}.sh", "\u{fffd}.sh"]);
    }

    #[test]
    fn repositories_inside_are_left_out_and_counted() {
        let dir = tree(&[".git/HEAD", "a.sh", "worktrees/w/.git", "worktrees/w/a.sh"]);
        let walk = walk(&[dir.path()]);
        assert_eq!((found(&walk), walk.repositories), (vec!["a.sh"], 1));
        assert_eq!(found(&super::walk(&[dir.path().join("worktrees/w")])), ["a.sh"]);
    }

    #[test]
    fn links_and_special_files_are_left_alone_in_folders() {
        let dir = tree(&["d/x.sh/real.sh", ".git/HEAD"]);
        let at = |name: &str| dir.path().join(name);
        symlink("nowhere", at("d/broken.sh")).unwrap();
        symlink("..", at("d/loop")).unwrap();
        symlink("x.sh/real.sh", at("d/link.sh")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(at("d/fifo.sh")).status().unwrap().success());
        let whole = walk(&[at("d")]);
        assert_eq!((found(&whole), whole.problems.len()), (vec!["d/x.sh/real.sh"], 0));
        assert_eq!(found(&walk(&[at("d/link.sh")])), ["d/link.sh"]);
        let named = walk(&[at("d/broken.sh"), at("d/fifo.sh"), at("d/none.sh")]);
        assert!(named.files.is_empty());
        assert!(named.problems[0].ends_with("broken.sh` is a symbolic link to nothing"), "{:?}", named.problems);
        assert!(named.problems[1].contains("fifo.sh` is not a regular file"));
        assert!(named.problems[2].ends_with("none.sh` does not exist"));
    }
}
