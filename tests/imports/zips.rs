//! Zips, honest and otherwise, byte by byte.

use std::io::Write;

use flate2::Crc;
use flate2::write::DeflateEncoder;

/// A file of a zip, with what can be wrong with it.
#[derive(Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) local_name: Option<String>,
    pub(super) content: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) attributes: u32,
    pub(super) size: Option<u32>,
    pub(super) crc: Option<u32>,
    /// Its header is that of the first file.
    pub(super) shares_first: bool,
}

impl File {
    pub(super) fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        Self {
            name: name.to_owned(),
            local_name: None,
            content: content.as_ref().to_vec(),
            flags: 0,
            method: 8,
            attributes: 0o100_644 << 16,
            size: None,
            crc: None,
            shares_first: false,
        }
    }
}

/// The zip of these tables, as a school packs it.
pub(crate) fn honest_zip(tables: &[(String, Vec<u8>)]) -> Vec<u8> {
    let files: Vec<_> = tables
        .iter()
        .map(|(name, content)| File::new(name, content))
        .collect();
    zip(&files)
}

/// The zip of these files, packed on 30 November 2026 at 6 o'clock.
pub(super) fn zip(files: &[File]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut central = Vec::new();
    for file in files {
        let packed = if file.method == 8 {
            let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&file.content).unwrap();
            encoder.finish().unwrap()
        } else {
            file.content.clone()
        };
        let mut crc = Crc::new();
        crc.update(&file.content);
        let size = file.size.unwrap_or(u32::try_from(file.content.len()).unwrap());
        let mut common = Vec::new();
        common.extend(20u16.to_le_bytes());
        common.extend(file.flags.to_le_bytes());
        common.extend(file.method.to_le_bytes());
        common.extend((6u16 << 11).to_le_bytes());
        common.extend(dos_day(2026, 11, 30).to_le_bytes());
        common.extend(file.crc.unwrap_or(crc.sum()).to_le_bytes());
        common.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
        common.extend(size.to_le_bytes());
        let start = if file.shares_first {
            0
        } else {
            u32::try_from(out.len()).unwrap()
        };
        if !file.shares_first {
            let name = file.local_name.as_ref().unwrap_or(&file.name);
            out.extend(b"PK\x03\x04");
            out.extend(&common);
            out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            out.extend([0, 0]);
            out.extend(name.as_bytes());
            out.extend(&packed);
        }
        central.extend(b"PK\x01\x02");
        central.extend(u16::from_be_bytes([3, 20]).to_le_bytes());
        central.extend(&common);
        central.extend(u16::try_from(file.name.len()).unwrap().to_le_bytes());
        central.extend([0; 8]);
        central.extend(file.attributes.to_le_bytes());
        central.extend(start.to_le_bytes());
        central.extend(file.name.as_bytes());
    }
    let start = u32::try_from(out.len()).unwrap();
    out.extend(&central);
    let count = u16::try_from(files.len()).unwrap();
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(u32::try_from(central.len()).unwrap().to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// A day as zips have it.
fn dos_day(year: u16, month: u16, day: u16) -> u16 {
    (year - 1980) * 512 + month * 32 + day
}
