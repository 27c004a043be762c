//! Opens the zip of a delivery, and nothing else that a zip can be (K02).
//!
//! Reads what a delivery needs: some files side by side, stored or deflated. Directories, links, encryption,
//! parts on other disks, ZIP64, zips inside of zips, entries over each other, and sizes that nobody would
//! send are refused before anything is unpacked; and unpacking stops where a file grows beyond what was said.

use std::collections::BTreeSet;
use std::io::{self, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use jiff::Timestamp;
use jiff::civil::DateTime;

use super::refusal::DeliveryRefusal;
use super::values::danish_moment;

/// The most files.
const MOST_ENTRIES: usize = 64;
/// The most that all files are together, unpacked.
const MOST_BYTES: u64 = 50 * 1024 * 1024;
/// The most that a file may grow while it is unpacked; text of a school grows by ten.
const MOST_GROWTH: u64 = 100;
/// Files that are smaller than this may grow as they like.
const SMALL: u64 = 64 * 1024;

const END: [u8; 4] = *b"PK\x05\x06";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// Length of the record at the end, without its comment.
const END_LENGTH: usize = 22;

/// The files of a zip.
#[derive(Debug)]
pub(super) struct Archive<'z> {
    entries: Vec<Entry<'z>>,
}

/// One file.
#[derive(Debug, Clone)]
struct Entry<'z> {
    name: &'z str,
    is_deflated: bool,
    crc: u32,
    size: u64,
    packed: &'z [u8],
    packed_at: Option<Timestamp>,
    /// From its local header to the end of its bytes.
    range: (usize, usize),
}

const fn refused(what: &'static str) -> DeliveryRefusal {
    DeliveryRefusal::Zip { what }
}

const DAMAGED: DeliveryRefusal = refused("damaged");

/// Reads little-endian numbers one after the other.
#[derive(Clone, Copy)]
struct Fields<'z>(&'z [u8]);

impl<'z> Fields<'z> {
    fn at(bytes: &'z [u8], at: usize) -> Result<Self, DeliveryRefusal> {
        bytes.get(at..).map(Self).ok_or(DAMAGED)
    }

    fn take(&mut self, length: usize) -> Result<&'z [u8], DeliveryRefusal> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DAMAGED)?;
        self.0 = rest;
        Ok(taken)
    }

    fn signature(&mut self, wanted: [u8; 4]) -> Result<(), DeliveryRefusal> {
        if self.take(4)? == wanted {
            Ok(())
        } else {
            Err(DAMAGED)
        }
    }

    fn short(&mut self) -> Result<u16, DeliveryRefusal> {
        let bytes = self.take(2)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, byte| (number << 8) | u16::from(*byte)))
    }

    fn long(&mut self) -> Result<u32, DeliveryRefusal> {
        let bytes = self.take(4)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, byte| (number << 8) | u32::from(*byte)))
    }

    /// A length or place, which fits into memory or is none.
    fn size(&mut self) -> Result<usize, DeliveryRefusal> {
        let number = self.long()?;
        if number == u32::MAX {
            return Err(refused("ZIP64"));
        }
        usize::try_from(number).map_err(|_| DAMAGED)
    }
}

impl<'z> Archive<'z> {
    /// Reads what is in it, without unpacking anything.
    pub(super) fn read(bytes: &'z [u8]) -> Result<Self, DeliveryRefusal> {
        let (count, mut central) = end_of(bytes)?;
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            entries.push(entry(bytes, &mut central)?);
        }
        let archive = Self { entries };
        archive.check()?;
        Ok(archive)
    }

    fn check(&self) -> Result<(), DeliveryRefusal> {
        let mut names = BTreeSet::new();
        if !self
            .entries
            .iter()
            .all(|entry| names.insert(entry.name.to_ascii_lowercase()))
        {
            return Err(refused("one name twice"));
        }
        let mut ranges: Vec<_> = self.entries.iter().map(|entry| entry.range).collect();
        ranges.sort_unstable();
        let over = |pair: &[(usize, usize)]| matches!(pair, [(_, end), (start, _)] if start < end);
        if ranges.windows(2).any(over) {
            return Err(refused("files over each other"));
        }
        if self.entries.iter().map(|entry| entry.size).sum::<u64>() > MOST_BYTES {
            return Err(DeliveryRefusal::TooLarge {
                megabytes: MOST_BYTES / (1024 * 1024),
            });
        }
        Ok(())
    }

    /// A file, to be unpacked while it is read; errors of the kind `Other` mean that it is damaged.
    pub(super) fn open(&self, name: &str) -> Option<Unpacked<'z>> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        Some(Unpacked {
            source: if entry.is_deflated {
                Source::Deflated(DeflateDecoder::new(entry.packed))
            } else {
                Source::Stored(entry.packed)
            },
            left: entry.size,
            wanted: entry.crc,
            crc: Crc::new(),
        })
    }

    /// When a file was packed, in Danish time as zips have it.
    pub(super) fn packed_at(&self, name: &str) -> Option<Timestamp> {
        self.entries.iter().find(|entry| entry.name == name)?.packed_at
    }
}

/// How many entries there are, and where the central directory is.
fn end_of(bytes: &[u8]) -> Result<(usize, Fields<'_>), DeliveryRefusal> {
    let latest = bytes.len().checked_sub(END_LENGTH).ok_or(DAMAGED)?;
    let earliest = latest.saturating_sub(usize::from(u16::MAX));
    let at = (earliest..=latest)
        .rev()
        .find(|at| {
            let comment = bytes.len() - at - END_LENGTH;
            let mut end = Fields(bytes.get(*at..).unwrap_or_default());
            end.signature(END).is_ok()
                && end.take(16).is_ok()
                && end.short().is_ok_and(|length| usize::from(length) == comment)
        })
        .ok_or(DAMAGED)?;
    let mut end = Fields::at(bytes, at)?;
    end.signature(END)?;
    let (disk, start_disk, here, count) = (end.short()?, end.short()?, end.short()?, end.short()?);
    if disk != 0 || start_disk != 0 || here != count {
        return Err(refused("more than one disk"));
    }
    let (length, start) = (end.size()?, end.size()?);
    let count = usize::from(count);
    if count > MOST_ENTRIES {
        return Err(refused("too many files"));
    }
    // Nothing may stand between the directory and the end, nor may bytes stand before the first file.
    if start.checked_add(length) != Some(at) {
        return Err(DAMAGED);
    }
    Ok((count, Fields(bytes.get(start..at).ok_or(DAMAGED)?)))
}

fn entry<'z>(bytes: &'z [u8], central: &mut Fields<'z>) -> Result<Entry<'z>, DeliveryRefusal> {
    central.signature(CENTRAL)?;
    let made_by = central.short()?;
    let _version = central.short()?;
    let (flags, method) = (central.short()?, central.short()?);
    let (hour, day) = (central.short()?, central.short()?);
    let crc = central.long()?;
    let (packed, size) = (central.size()?, central.size()?);
    let (name, extra, comment) = (central.short()?, central.short()?, central.short()?);
    let (disk, _internal) = (central.short()?, central.short()?);
    let attributes = central.long()?;
    let start = central.size()?;
    let name = central.take(usize::from(name))?;
    central.take(usize::from(extra) + usize::from(comment))?;
    // Encrypted, patched, strongly encrypted, masked.
    if flags & 0b0010_0000_0110_0001 != 0 {
        return Err(refused("encryption"));
    }
    if disk != 0 {
        return Err(refused("more than one disk"));
    }
    // The kind of file of Unix, which some packers write whatever they say that they are.
    let unix = attributes >> 28;
    if made_by >> 8 == 3 && unix != 0 && unix != 0o10 {
        return Err(refused("a link or a directory"));
    }
    let name = plain_name(name)?;
    let is_deflated = match method {
        0 if packed == size => false,
        8 => true,
        _ => return Err(refused("a way of packing that is not read")),
    };
    let size = u64::try_from(size).map_err(|_| DAMAGED)?;
    let grown = u64::try_from(packed)
        .map_err(|_| DAMAGED)?
        .saturating_mul(MOST_GROWTH);
    if size > SMALL && size > grown {
        return Err(refused("a file that grows too much"));
    }
    let data = local(bytes, start, name, method)?;
    let end = data.checked_add(packed).ok_or(DAMAGED)?;
    let packed = bytes.get(data..end).ok_or(DAMAGED)?;
    if packed.starts_with(b"PK") {
        return Err(refused("a zip inside"));
    }
    Ok(Entry {
        name,
        is_deflated,
        crc,
        size,
        packed,
        packed_at: dos_time(day, hour),
        range: (start, end),
    })
}

/// Names of tables, and nothing that leads elsewhere.
fn plain_name(name: &[u8]) -> Result<&str, DeliveryRefusal> {
    let name = std::str::from_utf8(name).map_err(|_| refused("a strange file name"))?;
    let stem = name
        .strip_suffix(".csv")
        .ok_or(refused("a file that is no table"))?;
    let is_plain = !stem.is_empty() && stem.len() <= 64 && stem.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_plain {
        Ok(name)
    } else {
        Err(refused("a strange file name"))
    }
}

/// Where the bytes of a file begin. Its own header must say what the directory says: readers that believe
/// one and readers that believe the other would see two different zips.
fn local(bytes: &[u8], start: usize, name: &str, method: u16) -> Result<usize, DeliveryRefusal> {
    let mut header = Fields::at(bytes, start)?;
    header.signature(LOCAL)?;
    header.take(4)?;
    if header.short()? != method {
        return Err(DAMAGED);
    }
    header.take(16)?;
    let (name_length, extra) = (header.short()?, header.short()?);
    if header.take(usize::from(name_length))? != name.as_bytes() {
        return Err(DAMAGED);
    }
    Ok(start + 30 + usize::from(name_length) + usize::from(extra))
}

fn dos_time(date: u16, time: u16) -> Option<Timestamp> {
    let part = |number: u16, shift: u32, mask: u16| i8::try_from((number >> shift) & mask).ok();
    let year = i16::try_from(1980 + (date >> 9)).ok()?;
    let seconds = part(time, 0, 0x1f)?.checked_mul(2)?;
    let (month, day) = (part(date, 5, 0xf)?, part(date, 0, 0x1f)?);
    let (hour, minute) = (part(time, 11, 0x1f)?, part(time, 5, 0x3f)?);
    danish_moment(DateTime::new(year, month, day, hour, minute, seconds, 0).ok()?)
}

/// A file that is being unpacked.
pub(super) struct Unpacked<'z> {
    source: Source<'z>,
    /// Bytes that were promised and have not come.
    left: u64,
    wanted: u32,
    crc: Crc,
}

enum Source<'z> {
    Stored(&'z [u8]),
    Deflated(DeflateDecoder<&'z [u8]>),
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.source {
            Source::Stored(bytes) => bytes.read(buffer),
            Source::Deflated(decoder) => decoder.read(buffer),
        };
        let read = read.map_err(|_| io::Error::other("damaged"))?;
        let length = u64::try_from(read).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(length)
            .ok_or_else(|| io::Error::other("longer than it says"))?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if read == 0 && (self.left > 0 || self.crc.sum() != self.wanted) {
            return Err(io::Error::other("not what it says"));
        }
        Ok(read)
    }
}
