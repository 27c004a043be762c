//! Deliveries in the encodings that Danish administrative systems write: UTF-8, and the single bytes of
//! Windows-1252, which `ISO-8859-1` means everywhere in practice. Anything else is refused by its name.
//!
//! A UTF-8 file that calls itself ISO-8859-1 would turn `Søren` into `SÃ¸ren` in every register after it,
//! so that it is refused at the first such letter.

use std::io::{self, ErrorKind, Read};

/// How far the declaration may reach.
const HEAD: usize = 512;

/// The encoding that a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, passed on as it is.
    Utf8,
    /// Windows-1252.
    Windows1252,
}

/// An XML document as UTF-8, without its XML declaration where that named another encoding.
pub(super) struct Utf8Xml<R> {
    reader: R,
    encoding: Encoding,
    /// Bytes that are ready to be handed out.
    ready: Vec<u8>,
    handed_out: usize,
    /// The byte before, to tell UTF-8 that calls itself something else.
    before: u8,
}

impl<R: Read> Utf8Xml<R> {
    /// Looks at the declaration. An encoding that is not read gives `ErrorKind::InvalidData`, here and while
    /// reading.
    pub(super) fn new(mut reader: R) -> io::Result<Self> {
        let mut head = Vec::with_capacity(HEAD);
        reader.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let mut this = Self {
            reader,
            encoding: Encoding::Utf8,
            ready: Vec::new(),
            handed_out: 0,
            before: 0,
        };
        match declared(&head)? {
            None => this.ready = head,
            Some((encoding, rest)) => {
                this.encoding = encoding;
                let (declaration, body) = head.split_at_checked(rest).ok_or_else(refused)?;
                // Lines are counted from the first byte of the file.
                this.ready
                    .extend(declaration.iter().filter(|byte| **byte == b'\n'));
                this.decode(body)?;
            }
        }
        Ok(this)
    }

    fn decode(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            if matches!(self.before, 0xc2 | 0xc3) && (0x80..=0xbf).contains(byte) {
                return Err(refused());
            }
            self.before = *byte;
            let letter = windows_1252(*byte).ok_or_else(refused)?;
            self.ready.extend(letter.encode_utf8(&mut [0; 4]).bytes());
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8Xml<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.handed_out == self.ready.len() {
            if self.encoding == Encoding::Utf8 {
                self.ready = Vec::new();
                self.handed_out = 0;
                return self.reader.read(buffer);
            }
            self.ready.clear();
            self.handed_out = 0;
            let mut bytes = [0; 8 * 1024];
            let read = self.reader.read(&mut bytes)?;
            self.decode(bytes.get(..read).unwrap_or_default())?;
        }
        let rest = self.ready.get(self.handed_out..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        let (Some(from), Some(to)) = (rest.get(..length), buffer.get_mut(..length)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.handed_out += length;
        Ok(length)
    }
}

fn refused() -> io::Error {
    io::Error::from(ErrorKind::InvalidData)
}

/// The encoding that the declaration names, where it is not UTF-8, and where the declaration ends.
fn declared(head: &[u8]) -> io::Result<Option<(Encoding, usize)>> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.iter().take(4).any(|b| *b == 0)
    {
        return Err(refused());
    }
    if !head.starts_with(b"<?xml") {
        return Ok(None);
    }
    let Some(end) = head.windows(2).position(|pair| pair == b"?>") else {
        return Ok(None);
    };
    let declaration = head.get(..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let declaration = declaration.ok_or_else(refused)?;
    let Some((_, after)) = declaration.split_once("encoding") else {
        return Ok(None);
    };
    let value = after.trim_start().strip_prefix('=').map(str::trim_start);
    let name = value.and_then(|value| value.split(['"', '\'']).nth(1));
    match name.map(str::to_ascii_lowercase).as_deref() {
        Some("utf-8") | None => Ok(None),
        Some("iso-8859-1" | "windows-1252") => Ok(Some((Encoding::Windows1252, end + 2))),
        Some(_) => Err(refused()),
    }
}

/// The letter of a byte in Windows-1252; five bytes have none.
pub(super) fn windows_1252(byte: u8) -> Option<char> {
    const HIGH: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’',
        '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH
            .get(usize::from(byte - 0x80))
            .copied()
            .filter(|letter| *letter != '\0'),
        _ => Some(char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Utf8Xml::new(bytes)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn what_names_no_other_encoding_is_passed_on() {
        for text in [
            "<a>Søren</a>",
            "<?xml version='1.0' encoding='UTF-8'?><a/>",
            "<?xml version='1.0'?>\n<a/>",
            "",
        ] {
            assert_eq!(read(text.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn single_bytes_are_read_as_they_are_meant() {
        let head = b"<?xml version=\"1.0\"\n encoding=\"ISO-8859-1\"?>".to_vec();
        let long = [b"<a>".to_vec(), vec![0xf8; 20_000], b"</a>".to_vec()].concat();
        let text = read(&[head.clone(), long].concat()).unwrap();
        assert_eq!(text, format!("\n<a>{}</a>", "ø".repeat(20_000)));
        assert_eq!(
            read(&[head.clone(), b"\x80\x9f".to_vec()].concat()).unwrap(),
            "\n€Ÿ"
        );
        assert!(
            read(&[head.clone(), b"\x81".to_vec()].concat()).is_err(),
            "no letter"
        );
        assert!(
            read(&[head, "Søren".as_bytes().to_vec()].concat()).is_err(),
            "UTF-8"
        );
    }

    #[test]
    fn other_encodings_are_refused() {
        for bytes in [
            b"<?xml version='1.0' encoding='UTF-16'?><a/>".as_slice(),
            b"<?xml version='1.0' encoding='EBCDIC-CP-DK'?><a/>",
            b"<?xml version='1.0' encoding=\"utf-7\"?><a/>",
            b"\xff\xfe<\0a\0",
            b"\xfe\xff\0<\0a",
            b"<\0?\0x\0m\0l\0",
        ] {
            let kind = read(bytes).map_err(|error| error.kind());
            assert_eq!(kind, Err(ErrorKind::InvalidData), "{bytes:?}");
        }
    }
}
