//! Cuts a large document into pieces while it streams by: start and end of each group,
//! and between them one whole element at a time.
//!
//! Only the cutting is done here, within a bounded window: every piece goes through the guard and
//! the tree afterwards, so a piece that was cut wrongly is refused there. The window never holds
//! more than one piece and what was read ahead.

use std::io::Read;
use std::ops::Range;

use super::aggregate::AggregateRefusal;
use super::chars;
use super::guard;
use super::limits::{Limits, XmlRefusal};

/// Whether an element is a group, by how many groups are around it and by its name without prefix.
pub(super) type IsGroup = fn(usize, &[u8]) -> bool;
/// Read ahead at once.
const AHEAD: usize = 128 * 1024;

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'b> {
    /// The start tag of a group, without what is inside.
    Start(&'b str),
    /// The end tag of the innermost group.
    End,
    /// An element inside a group, whole.
    Element(&'b str),
    /// White space between elements.
    Space(&'b str),
    /// Nothing more comes.
    Over,
}

/// The place of a piece in the window.
enum Cut {
    Start(Range<usize>),
    End,
    Element(Range<usize>),
    Space(Range<usize>),
    Over,
}

/// Cuts what `reader` brings.
pub(super) struct Pieces<R> {
    reader: R,
    limits: Limits,
    window: Vec<u8>,
    is_group: IsGroup,
    /// Where the next piece begins in the window.
    at: usize,
    /// Where the latest piece began.
    began: usize,
    /// The line of the byte at `counted`, from 1.
    line: u32,
    counted: usize,
    is_over: bool,
    /// Bytes that may still come.
    room: u64,
    /// Names of the groups that are open, as they were written.
    groups: Vec<Vec<u8>>,
    had_root: bool,
}

impl<R: Read> Pieces<R> {
    /// `limits.bytes` bounds one piece, and `most_bytes` the whole.
    pub(super) fn new(
        mut reader: R,
        limits: Limits,
        most_bytes: u64,
        is_group: IsGroup,
    ) -> Result<Self, AggregateRefusal> {
        let mut window = Vec::with_capacity(2 * AHEAD);
        let mut head = reader.by_ref().take(512);
        head.read_to_end(&mut window)?;
        let mut pieces = Self {
            reader,
            limits,
            is_group,
            at: 0,
            began: 0,
            line: 1,
            counted: 0,
            is_over: window.len() < 512,
            room: most_bytes,
            window,
            groups: Vec::new(),
            had_root: false,
        };
        pieces.skip_declaration()?;
        Ok(pieces)
    }

    /// How many groups are open.
    pub(super) fn depth(&self) -> usize {
        self.groups.len()
    }

    /// The line in which the latest piece began, refused or not.
    pub(super) fn line(&mut self) -> u32 {
        self.count_lines(self.began);
        self.line
    }

    fn count_lines(&mut self, end: usize) {
        let passed = self.window.get(self.counted..end).unwrap_or_default();
        let ends = passed
            .iter()
            .map(|byte| usize::from(*byte == b'\n'))
            .sum::<usize>();
        self.line = self.line.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.counted = self.counted.max(end);
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Result<Piece<'_>, AggregateRefusal> {
        let cut = self.cut()?;
        let text = |range: Range<usize>| {
            let bytes = self.window.get(range).unwrap_or_default();
            std::str::from_utf8(bytes).map_err(|_| XmlRefusal::Encoding)
        };
        Ok(match cut {
            Cut::Start(range) => Piece::Start(text(range)?),
            Cut::End => Piece::End,
            Cut::Element(range) => Piece::Element(text(range)?),
            Cut::Space(range) => Piece::Space(text(range)?),
            Cut::Over => Piece::Over,
        })
    }

    fn cut(&mut self) -> Result<Cut, AggregateRefusal> {
        loop {
            self.compact();
            let begin = self.at;
            self.began = begin;
            match (self.byte(begin)?, self.byte(begin + 1)?) {
                (None, _) => {
                    return if self.groups.is_empty() && self.had_root {
                        Ok(Cut::Over)
                    } else {
                        Err(XmlRefusal::Malformed("no whole document element").into())
                    };
                }
                (Some(b'<'), Some(b'!')) => self.at = self.comment(begin)?,
                (Some(b'<'), Some(b'?')) => return Err(XmlRefusal::ProcessingInstruction.into()),
                (Some(b'<'), Some(b'/')) => {
                    self.at = self.group_end(begin)?;
                    return Ok(Cut::End);
                }
                (Some(b'<'), _) => return self.element_or_group(begin),
                _ => {
                    let end = self.find(begin, b'<')?.unwrap_or(self.window.len());
                    let space = self.window.get(begin..end).unwrap_or_default();
                    if !space.iter().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
                        return Err(XmlRefusal::Malformed("text between elements").into());
                    }
                    self.at = end;
                    return Ok(Cut::Space(begin..end));
                }
            }
        }
    }

    fn element_or_group(&mut self, begin: usize) -> Result<Cut, AggregateRefusal> {
        if self.groups.is_empty() && self.had_root {
            return Err(XmlRefusal::Malformed("more than one document element").into());
        }
        let (end, is_empty) = self.tag_end(begin)?;
        let tag = self.window.get(begin + 1..end).unwrap_or_default();
        let stop = tag
            .iter()
            .position(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'/' | b'>'));
        let name = tag.get(..stop.unwrap_or_default()).unwrap_or_default();
        let local = name.rsplit(|b| *b == b':').next().unwrap_or_default();
        let is_root = !self.had_root;
        self.had_root = true;
        if (self.is_group)(self.groups.len(), local) && !is_empty {
            if self.groups.len() >= MOST_GROUPS {
                return Err(XmlRefusal::Size("depth").into());
            }
            let name = name.to_vec();
            self.groups.push(name);
            self.at = end;
            return Ok(Cut::Start(begin..end));
        }
        if is_root {
            return Err(XmlRefusal::Malformed("not the document element that is expected").into());
        }
        let end = if is_empty { end } else { self.element_end(end)? };
        self.at = end;
        Ok(Cut::Element(begin..end))
    }

    /// Where the element ends whose start tag ends at `from`.
    fn element_end(&mut self, from: usize) -> Result<usize, AggregateRefusal> {
        let (mut depth, mut at) = (1_usize, from);
        while depth > 0 {
            let tag = self
                .find(at, b'<')?
                .ok_or(XmlRefusal::Malformed("unfinished element"))?;
            at = match self.byte(tag + 1)? {
                Some(b'/') => {
                    depth -= 1;
                    self.find(tag, b'>')?
                        .ok_or(XmlRefusal::Malformed("unfinished tag"))?
                        + 1
                }
                Some(b'!') => self.comment(tag)?,
                Some(b'?') => return Err(XmlRefusal::ProcessingInstruction.into()),
                _ => {
                    let (end, is_empty) = self.tag_end(tag)?;
                    depth += usize::from(!is_empty);
                    if depth > self.limits.depth {
                        return Err(XmlRefusal::Size("depth").into());
                    }
                    end
                }
            };
        }
        Ok(at)
    }

    /// Where a start tag ends, and whether it is an end as well. `>` inside quotes is no end.
    fn tag_end(&mut self, begin: usize) -> Result<(usize, bool), AggregateRefusal> {
        let mut at = begin + 1;
        loop {
            match self.byte(at)? {
                None => return Err(XmlRefusal::Malformed("unfinished tag").into()),
                Some(b'>') => return Ok((at + 1, self.window.get(at - 1) == Some(&b'/'))),
                Some(quote @ (b'"' | b'\'')) => {
                    at = self
                        .find(at + 1, quote)?
                        .ok_or(XmlRefusal::Malformed("unfinished attribute"))?;
                }
                Some(_) => {}
            }
            at += 1;
            if at - begin > self.limits.tag_bytes {
                return Err(XmlRefusal::Size("bytes in a tag").into());
            }
        }
    }

    fn group_end(&mut self, begin: usize) -> Result<usize, AggregateRefusal> {
        let end = self
            .find(begin, b'>')?
            .ok_or(XmlRefusal::Malformed("unfinished tag"))?;
        let name = self
            .window
            .get(begin + 2..end)
            .unwrap_or_default()
            .trim_ascii_end();
        match self.groups.pop() {
            Some(open) if open == name => Ok(end + 1),
            _ => Err(XmlRefusal::Malformed("end tag without start").into()),
        }
    }

    /// Where a comment ends; every other declaration is refused by its name.
    fn comment(&mut self, begin: usize) -> Result<usize, AggregateRefusal> {
        // Enough to tell what it is.
        self.byte(begin + 8)?;
        let rest = self.window.get(begin..).unwrap_or_default();
        if rest.starts_with(b"<![CDATA[") {
            return Err(XmlRefusal::Cdata.into());
        }
        if !rest.starts_with(b"<!--") {
            return Err(XmlRefusal::DocumentType.into());
        }
        let mut at = begin + 4;
        loop {
            at = self.find(at, b'-')?.ok_or(XmlRefusal::Malformed("comment"))?;
            if self.byte(at + 1)? == Some(b'-') {
                break;
            }
            at += 1;
        }
        if self.byte(at + 2)? != Some(b'>') {
            return Err(XmlRefusal::Malformed("comment").into());
        }
        let text = std::str::from_utf8(self.window.get(begin..at).unwrap_or_default());
        chars::check_characters(text.map_err(|_| XmlRefusal::Encoding)?)?;
        Ok(at + 3)
    }

    fn skip_declaration(&mut self) -> Result<(), AggregateRefusal> {
        let head = self.window.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.window);
        let mark = self.window.len() - head.len();
        let end = head
            .windows(2)
            .position(|pair| pair == b"?>")
            .map_or(0, |end| end + 2);
        if head.starts_with(b"<?xml") {
            let declaration = head.get(..end).unwrap_or_default();
            let declaration = std::str::from_utf8(declaration).map_err(|_| XmlRefusal::Encoding)?;
            if end == 0 || !guard::without_declaration(declaration)?.is_empty() {
                return Err(XmlRefusal::Malformed("XML declaration").into());
            }
            self.at = mark + end;
        } else {
            self.at = mark;
        }
        Ok(())
    }

    /// The byte at a place, if there is one.
    fn byte(&mut self, at: usize) -> Result<Option<u8>, AggregateRefusal> {
        while at >= self.window.len() && !self.is_over {
            self.read_ahead()?;
        }
        Ok(self.window.get(at).copied())
    }

    /// The first place of a byte from here on.
    fn find(&mut self, from: usize, wanted: u8) -> Result<Option<usize>, AggregateRefusal> {
        let mut from = from;
        loop {
            let rest = self.window.get(from..).unwrap_or_default();
            if let Some(found) = rest.iter().position(|b| *b == wanted) {
                return Ok(Some(from + found));
            }
            if self.is_over {
                return Ok(None);
            }
            from = from.max(self.window.len());
            self.read_ahead()?;
        }
    }

    fn read_ahead(&mut self) -> Result<(), AggregateRefusal> {
        if self.window.len() - self.at > self.limits.bytes {
            return Err(XmlRefusal::Size("bytes in an entity").into());
        }
        // As much as fits at once: making room anew for each little that trickles in would cost more than it.
        let mut ahead = self.reader.by_ref().take(AHEAD as u64);
        let read = ahead.read_to_end(&mut self.window)?;
        self.is_over = read < AHEAD;
        self.room = self
            .room
            .checked_sub(read as u64)
            .ok_or(XmlRefusal::Size("bytes"))?;
        Ok(())
    }

    /// Forgets pieces that are done with.
    fn compact(&mut self) {
        if self.at > AHEAD {
            self.count_lines(self.at);
            self.counted = 0;
            self.window.drain(..self.at);
            self.at = 0;
        }
    }
}

/// Nobody nests groups deeper.
const MOST_GROUPS: usize = 8;
