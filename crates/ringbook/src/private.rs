//! Files with secrets: those with phone numbers, which other users of the machine must not read and which
//! are written whole or not at all, and those with keys.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use crate::secret::random;

/// Options to open a file for writing. A new file is readable by its owner only.
pub fn writing() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// Reads a regular file. Anything else, such as a FIFO, could wait for ever or never end.
pub fn read(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    fs::read(file)
}

/// A file that is written beside its target, and gets the name once it is on stable storage. Dropping it
/// before removes it. A process that dies leaves it to the next one that writes to the directory.
pub struct NewFile {
    partial: PathBuf,
    target: PathBuf,
    /// Locked, so that no other process takes it for left over. The lock ends with the process.
    file: File,
}

impl NewFile {
    /// Creates the file, and removes those that dead processes have left beside it.
    pub fn create(target: &Path) -> io::Result<Self> {
        remove_leftovers(directory_of(target));
        loop {
            let mut partial = target.as_os_str().to_owned();
            partial.push(format!(".{:016x}.partial", u64::from_ne_bytes(random())));
            let file = writing().create_new(true).open(&partial)?;
            let new = Self { partial: partial.into(), target: target.to_owned(), file };
            // Before it was locked, another process may have taken it for left over. A file system
            // without locks has no other process that could.
            let is_taken = matches!(new.file.try_lock(), Err(TryLockError::WouldBlock));
            if !is_taken && new.file.metadata()?.nlink() > 0 {
                return Ok(new);
            }
        }
    }

    /// Where it is until it is finished.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Gives it the name of the target, and returns once both are on stable storage.
    pub fn finish(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.partial, &self.target)?;
        File::open(directory_of(&self.target))?.sync_all()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // It has another name if it was finished.
        let _ = fs::remove_file(&self.partial);
    }
}

/// Replaces a file, which is there until the new one is complete; a symbolic link is followed, and the
/// permissions stay. What is no regular file, such as a FIFO or the standard output, is written directly.
pub fn replace(
    target: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let old = fs::metadata(target).ok();
    let is_stream = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"]
        .iter()
        .any(|path| target.starts_with(path));
    if is_stream || old.as_ref().is_some_and(|old| !old.is_file()) {
        let mut out = BufWriter::new(OpenOptions::new().append(true).open(target)?);
        write(&mut out)?;
        return out.flush();
    }
    let target = if target.is_symlink() { target.canonicalize()? } else { target.to_owned() };
    let new = NewFile::create(&target)?;
    if let Some(old) = old {
        // Only root can give it to another user.
        let _ = fchown(&new.file, Some(old.uid()), Some(old.gid()));
        new.file.set_permissions(old.permissions())?;
    }
    let mut out = BufWriter::new(&new.file);
    write(&mut out)?;
    out.flush()?;
    drop(out);
    new.finish()
}

fn directory_of(target: &Path) -> &Path {
    target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes files of [`NewFile`] that no process has locked. Whatever cannot be looked at, stays.
fn remove_leftovers(directory: &Path) {
    let is_partial = |name: &str| {
        let name = name.strip_suffix(".partial").and_then(|name| name.rsplit_once('.'));
        name.is_some_and(|(_, digits)| {
            digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        })
    };
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|found| found.is_file());
        if is_file && entry.file_name().to_str().is_some_and(is_partial) {
            let locked = File::open(entry.path()).map(|file| file.try_lock().map(|()| file));
            if let Ok(Ok(_file)) = locked {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
