//! Objects that stand in a file of their own, read piece by piece. libgit2 unpacks an object as a whole, which for a state file of 100 MB is
//! 100 MB of memory, and as much work for the kernel as counting what is in it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::ZlibDecoder;

/// The size in bytes from which it pays to read a packed file in pieces; what it holds is a few times to some dozen times as large.
const WORTHWHILE: u64 = 16 << 10;

/// How many bytes of the file are read at once.
const READ: usize = 64 << 10;

/// What git writes in front of a content is shorter than this, in bytes.
const HEADER: usize = 32;

/// The content of a blob that has not been read to its end yet.
pub(super) struct LooseBlob {
    content: ZlibDecoder<BufReader<File>>,
    /// How many bytes are still to come.
    left: u64,
}

impl LooseBlob {
    /// Opens a large blob in one of git's folders of objects by its full id; none if it is not there, is small, or is no blob.
    pub(super) fn open(objects: &Path, id: &str) -> Option<Self> {
        let (folder, name) = id.split_at_checked(2)?;
        let file = File::open(objects.join(folder).join(name)).ok()?;
        if file.metadata().ok()?.len() < WORTHWHILE {
            return None;
        }
        let mut content = ZlibDecoder::new(BufReader::with_capacity(READ, file));
        let size = header(&mut content)?.strip_prefix("blob ")?.parse().ok()?;
        Some(Self { content, left: size })
    }
}

/// What stands in front of the content: the kind of the object, and its size.
fn header(content: &mut impl Read) -> Option<String> {
    let mut header = String::new();
    while header.len() < HEADER {
        let mut byte = [0];
        content.read_exact(&mut byte).ok()?;
        match byte {
            [0] => return Some(header),
            [byte] => header.push(byte.is_ascii().then(|| char::from(byte))?),
        }
    }
    None
}

impl Read for LooseBlob {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // At its end one byte more is asked for: there must be none, and only then the checksum is looked at.
        let mut beyond = [0];
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let read = self.content.read(if self.left == 0 { &mut beyond } else { &mut into[..most] })?;
        match (self.left, read) {
            (0, 0) => Ok(0),
            (0, _) => Err(io::Error::other("the object is longer than its header says")),
            (_, 0) if most > 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => {
                self.left -= read as u64;
                Ok(read)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    const ID: &str = "0123456789012345678901234567890123456789";

    /// What is read of a blob whose file holds a header and a content, after something was done to that file; none if it is not opened.
    fn read(header: &str, content: &[u8], damage: impl FnOnce(&mut Vec<u8>)) -> Option<io::Result<Vec<u8>>> {
        let folder = tempfile::tempdir().unwrap();
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(&[header.as_bytes(), b"\0", content].concat()).unwrap();
        let mut file = encoder.finish().unwrap();
        damage(&mut file);
        fs::create_dir(folder.path().join("01")).unwrap();
        fs::write(folder.path().join("01").join(&ID[2..]), file).unwrap();
        let mut blob = LooseBlob::open(folder.path(), ID)?;
        let mut all = Vec::new();
        Some(blob.read_to_end(&mut all).map(|_| all))
    }

    #[test]
    fn a_large_blob_is_read_to_its_end() {
        let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let header = format!("blob {}", content.len());
        assert_eq!(read(&header, &content, |_| ()).unwrap().unwrap(), content);
    }

    #[test]
    fn what_is_small_or_no_blob_is_left_to_others() {
        let content = vec![b' '; 20_000];
        assert!(read("blob 10", &content[..10], |_| ()).is_none());
        assert!(read("tree 20000", &content, |_| ()).is_none());
        assert!(read("blob many", &content, |_| ()).is_none());
        assert!(read(&format!("blob {}", "1".repeat(40)), &content, |_| ()).is_none());
        assert!(read("blob 20000", &content, |file| file[0] = 0).is_none());
        assert!(LooseBlob::open(Path::new("/nowhere"), ID).is_none() && LooseBlob::open(Path::new("/nowhere"), "0").is_none());
    }

    #[test]
    fn a_damaged_blob_never_comes_to_a_good_end() {
        let content = vec![b' '; 20_000];
        let damaged = |size: usize, damage: fn(&mut Vec<u8>)| read(&format!("blob {size}"), &content, damage).unwrap().is_err();
        assert!(damaged(19_999, |_| ()) && damaged(20_001, |_| ()));
        assert!(damaged(20_000, |file| file.truncate(19_000)));
        // In the content, then in the checksum at the end.
        assert!(damaged(20_000, |file| file[10_000] = b'x'));
        assert!(damaged(20_000, |file| *file.last_mut().unwrap() ^= 1));
    }
}
