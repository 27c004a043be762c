//! A folder that somebody else may write to, held open: files are listed, read, moved and written by its
//! descriptor alone, so that whatever is put in the place of a name, no link leads out of it (K01). What the
//! files say, and what becomes of them, is not here.

#[cfg(unix)]
pub(super) use held::Inside;
#[cfg(not(unix))]
pub(super) use nowhere::Inside;

#[cfg(unix)]
mod held {
    use std::ffi::{OsStr, OsString};
    use std::fs::File;
    use std::io::{self, Write as _};
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStringExt as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, mkdirat, open, openat, renameat, statat};
    use rustix::io::Errno;

    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    /// What the umask leaves of it.
    const ANYBODYS: Mode = Mode::RWXU.union(Mode::RWXG).union(Mode::RWXO);

    /// One folder.
    pub(in crate::people::import) struct Inside(OwnedFd);

    impl Inside {
        /// Opens the folder that the operator has named, by a link too.
        pub(in crate::people::import) fn open(folder: &Path) -> io::Result<Self> {
            Ok(Self(open(folder, FOLDER, Mode::empty())?))
        }

        /// A folder inside, made where there is none. A link, or what is no folder, is refused.
        pub(in crate::people::import) fn below(&self, name: &str) -> io::Result<Self> {
            match mkdirat(&self.0, name, ANYBODYS) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            match openat(&self.0, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(opened) => Ok(Self(opened)),
                Err(Errno::LOOP | Errno::NOTDIR | Errno::MLINK) => Err(io::Error::new(
                    io::ErrorKind::NotADirectory,
                    format!("`{name}` in it is a link, or no folder"),
                )),
                Err(error) => Err(error.into()),
            }
        }

        /// The names of the files inside; of links, pipes and folders there is none.
        pub(in crate::people::import) fn files(&self) -> io::Result<Vec<OsString>> {
            let mut files = Vec::new();
            for entry in Dir::read_from(&self.0)? {
                let entry = entry?;
                let kind = match entry.file_type() {
                    FileType::Unknown => self.kind(entry.file_name())?,
                    kind => Some(kind),
                };
                if kind == Some(FileType::RegularFile) {
                    files.push(OsString::from_vec(entry.file_name().to_bytes().to_vec()));
                }
            }
            Ok(files)
        }

        fn kind(&self, name: impl rustix::path::Arg) -> io::Result<Option<FileType>> {
            match statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(about) => Ok(Some(FileType::from_raw_mode(about.st_mode))),
                Err(Errno::NOENT) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }

        /// Opens a file for reading, and nothing else: a pipe keeps nobody waiting.
        pub(in crate::people::import) fn read(&self, name: &OsStr) -> io::Result<File> {
            let how = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            let file = File::from(openat(&self.0, name, how, Mode::empty())?);
            if file.metadata()?.is_file() {
                Ok(file)
            } else {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"))
            }
        }

        /// Moves a file to where there is none yet: beside one of the same name where there is. Says under
        /// which name.
        pub(in crate::people::import) fn move_to(
            &self,
            name: &OsStr,
            to: &Self,
            wanted: &OsStr,
        ) -> io::Result<OsString> {
            let free = to.free(wanted)?;
            renameat(&self.0, name, &to.0, &free)?;
            Ok(free)
        }

        /// Writes a new file, under this name or beside one of the same.
        pub(in crate::people::import) fn write(&self, wanted: &OsStr, text: &str) -> io::Result<()> {
            let how = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
            let mut file = File::from(openat(&self.0, self.free(wanted)?, how, mode)?);
            file.write_all(text.as_bytes())
        }

        fn free(&self, wanted: &OsStr) -> io::Result<OsString> {
            let mut free = wanted.to_owned();
            let mut number = 1_u32;
            while self.kind(&free)?.is_some() {
                number += 1;
                free = OsString::from(format!("{number}-"));
                free.push(wanted);
            }
            Ok(free)
        }
    }
}

/// Folders cannot be held open here: nothing is taken in from them.
#[cfg(not(unix))]
mod nowhere {
    use std::ffi::{OsStr, OsString};
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(in crate::people::import) enum Inside {}

    impl Inside {
        pub(in crate::people::import) fn open(_: &Path) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(in crate::people::import) fn below(&self, _: &str) -> io::Result<Self> {
            match *self {}
        }

        pub(in crate::people::import) fn files(&self) -> io::Result<Vec<OsString>> {
            match *self {}
        }

        pub(in crate::people::import) fn read(&self, _: &OsStr) -> io::Result<File> {
            match *self {}
        }

        pub(in crate::people::import) fn move_to(
            &self,
            _: &OsStr,
            _: &Self,
            _: &OsStr,
        ) -> io::Result<OsString> {
            match *self {}
        }

        pub(in crate::people::import) fn write(&self, _: &OsStr, _: &str) -> io::Result<()> {
            match *self {}
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::fs::symlink;

    use super::Inside;

    #[test]
    fn k01_neither_a_pipe_nor_a_link_is_read_or_listed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("real"), "x").unwrap();
        symlink(at("real"), at("link")).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        let pipe = at("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        let inside = Inside::open(folder.path()).unwrap();
        assert_eq!(inside.files().unwrap(), ["real"]);
        assert!(inside.read(OsStr::new("real")).is_ok());
        for other in ["link", "pipe", "folder", "none"] {
            assert!(inside.read(OsStr::new(other)).is_err(), "{other}");
        }
    }

    #[test]
    fn k01_a_folder_that_is_exchanged_for_a_link_meanwhile_keeps_what_is_moved_there() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("1.xml"), "x").unwrap();
        let inside = Inside::open(folder.path()).unwrap();
        let done = inside.below("done").unwrap();
        std::fs::rename(at("done"), at("aside")).unwrap();
        symlink(elsewhere.path(), at("done")).unwrap();
        symlink(elsewhere.path().join("planted"), at("aside/1.report")).unwrap();
        inside
            .move_to(OsStr::new("1.xml"), &done, OsStr::new("1.xml"))
            .unwrap();
        done.write(OsStr::new("1.report"), "told").unwrap();
        assert!(at("aside/1.xml").exists() && at("aside/2-1.report").exists());
        assert_eq!(elsewhere.path().read_dir().unwrap().count(), 0);
    }
}
