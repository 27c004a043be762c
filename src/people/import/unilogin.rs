//! Reads `UNILoginImport`, the XML of Danish administrative systems (U65, U67).
//!
//! The schema is `unilogin-import.xsd` beside this file: in the style of the incumbent, whose tables for
//! imports are not public, so that they mirror its published exports. Elements may be in any one namespace,
//! or in none. One row is in memory at a time besides what has been taken.

use std::io::{ErrorKind, Read};

use jiff::Timestamp;

use super::delivery::{
    Content, DeliveredGroup, DeliveredInstitution, DeliveredPerson, Delivery, Format, Part, Place, Removals,
};
use super::encoding::Utf8Xml;
use super::finding::Subject;
use super::gathering::{Gathering, OtherGroups};
use super::names::{LONGEST_NAME, SchoolYear, SourceName, plain};
use super::person::Faults;
use super::refusal::DeliveryRefusal;
use super::unilogin_rows::{Fields, group, person};
use super::values::moment;
use crate::domain::institution::InstitutionNumber;
use crate::saml::xml::{Attribute, Document, Element, Limits, Row, Rows, RowsRefusal, XmlRefusal};

/// The most that is read, packed or not (K02).
pub const MOST_MEGABYTES: u64 = 50;

/// How much a delivery says of itself, or the way by which it came: the three methods of the incumbent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Everybody (`full`).
    Whole,
    /// New and changed (`delta`).
    Changes,
    /// Who has left (`delete`).
    Removals,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Changes, Self::Removals];

    /// The word of the attribute `kind`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "full",
            Self::Changes => "delta",
            Self::Removals => "delete",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Reads one delivery. `kind` is what the way says by which it came; the delivery may say it too, by the
/// attribute `kind`, and must if the way does not. The two may not contradict each other.
pub fn read(reader: impl Read, kind: Option<Kind>) -> Result<Delivery, DeliveryRefusal> {
    let reader = Utf8Xml::new(reader).map_err(|error| not_read(error.kind(), 1))?;
    let rows = Rows::new(reader, Limits::ROW, MOST_MEGABYTES * 1024 * 1024, is_around);
    let mut rows = rows.map_err(|refusal| refused(&refusal, 1))?;
    let head = Head::read(&mut rows, kind)?;
    Reading {
        head,
        institution: None,
        name: None,
        gathering: Gathering::default(),
        removals: Removals::default(),
    }
    .run(rows)
}

/// When a delivery says that it was written.
pub(super) fn sent_at(reader: impl Read) -> Option<Timestamp> {
    let reader = Utf8Xml::new(reader).ok()?;
    let mut rows = Rows::new(reader, Limits::ROW, MOST_MEGABYTES * 1024 * 1024, is_around).ok()?;
    Head::read(&mut rows, None).ok().map(|head| head.sent_at)
}

/// The elements around rows.
fn is_around(depth: usize, name: &[u8]) -> bool {
    depth == 0 || (depth == 1 && name == b"Institution")
}

/// The next step, with the line of its row.
fn step(rows: &mut Rows<impl Read>) -> Result<(Place, Row), DeliveryRefusal> {
    let row = rows.step();
    let line = rows.line();
    row.map(|row| (Place::line(line), row))
        .map_err(|refusal| refused(&refusal, line))
}

fn not_read(kind: ErrorKind, line: u32) -> DeliveryRefusal {
    match kind {
        ErrorKind::InvalidData => DeliveryRefusal::Encoding { line },
        _ => DeliveryRefusal::Unreadable,
    }
}

fn refused(refusal: &RowsRefusal, line: u32) -> DeliveryRefusal {
    let malformed = |what| DeliveryRefusal::Malformed { line, what };
    match refusal {
        RowsRefusal::Read(kind) => not_read(*kind, line),
        RowsRefusal::Xml(XmlRefusal::Size("bytes")) => DeliveryRefusal::TooLarge {
            megabytes: MOST_MEGABYTES,
        },
        RowsRefusal::Xml(XmlRefusal::Size(what) | XmlRefusal::Malformed(what)) => malformed(what),
        RowsRefusal::Xml(XmlRefusal::DocumentType | XmlRefusal::Entity) => {
            DeliveryRefusal::DocumentType { line }
        }
        RowsRefusal::Xml(XmlRefusal::Comment) => malformed("a comment beside text"),
        RowsRefusal::Xml(XmlRefusal::Cdata) => malformed("CDATA"),
        RowsRefusal::Xml(XmlRefusal::ProcessingInstruction) => malformed("a processing instruction"),
        RowsRefusal::Xml(XmlRefusal::Encoding) => DeliveryRefusal::Encoding { line },
    }
}

/// What the document element says.
struct Head {
    namespace: String,
    source: SourceName,
    sent_at: Timestamp,
    school_year: SchoolYear,
    kind: Kind,
    /// Attributes that the format does not have.
    unknown: Vec<String>,
}

impl Head {
    fn read(rows: &mut Rows<impl Read>, stated: Option<Kind>) -> Result<Self, DeliveryRefusal> {
        const KNOWN: [&str; 5] = ["source", "sourceDateTime", "schoolYear", "sourceVersion", "kind"];
        let (_, Row::Opens(document)) = step(rows)? else {
            return Err(DeliveryRefusal::WrongRoot);
        };
        let root = document.root();
        if root.local_name() != "UNILoginImport" {
            return Err(DeliveryRefusal::WrongRoot);
        }
        let head = |field| DeliveryRefusal::Head { field };
        let attribute = |field| root.attribute(field).ok_or(head(field));
        let kind = match (root.attribute("kind").map(Kind::parse), stated) {
            (Some(Some(kind)), None) | (None, Some(kind)) => kind,
            (Some(Some(kind)), Some(stated)) if kind == stated => kind,
            (Some(Some(kind)), Some(stated)) => {
                return Err(DeliveryRefusal::KindContradicts {
                    file: kind.as_str(),
                    stated: stated.as_str(),
                });
            }
            _ => return Err(head("kind")),
        };
        let unknown = root.attributes().map(Attribute::local_name);
        Ok(Self {
            namespace: root.namespace().to_owned(),
            source: SourceName::parse(attribute("source")?).map_err(|_| head("source"))?,
            sent_at: moment(attribute("sourceDateTime")?).ok_or(head("sourceDateTime"))?,
            school_year: SchoolYear::parse(attribute("schoolYear")?).map_err(|_| head("schoolYear"))?,
            kind,
            unknown: unknown
                .filter(|name| !KNOWN.contains(name))
                .map(str::to_owned)
                .collect(),
        })
    }
}

/// A delivery while its rows go by.
struct Reading {
    head: Head,
    institution: Option<InstitutionNumber>,
    name: Option<Box<str>>,
    gathering: Gathering,
    removals: Removals,
}

impl Reading {
    fn run(mut self, mut rows: Rows<impl Read>) -> Result<Delivery, DeliveryRefusal> {
        for name in std::mem::take(&mut self.head.unknown) {
            self.gathering.unknown_field(Place::line(1), &name)?;
        }
        let mut institutions = 0;
        let mut is_inside = false;
        loop {
            let (at, row) = step(&mut rows)?;
            match row {
                Row::Opens(document) => {
                    if document.root().namespace() != self.head.namespace {
                        return Err(DeliveryRefusal::Head { field: "Institution" });
                    }
                    institutions += 1;
                    is_inside = true;
                    if institutions > 1 {
                        return Err(DeliveryRefusal::SeveralInstitutions);
                    }
                }
                Row::Closes => is_inside = false,
                Row::Element(document) if is_inside => self.row(at, &document)?,
                Row::Element(document) => {
                    self.gathering.count()?;
                    self.gathering.unknown_field(at, document.root().local_name())?;
                }
                Row::Over => return self.finish(),
            }
        }
    }

    fn row(&mut self, at: Place, document: &Document) -> Result<(), DeliveryRefusal> {
        let element = document.root();
        if element.namespace() != self.head.namespace {
            self.gathering.count()?;
            return self.gathering.unknown_field(at, element.local_name());
        }
        match element.local_name() {
            "InstitutionNumber" => {
                const REFUSED: DeliveryRefusal = DeliveryRefusal::Head {
                    field: "InstitutionNumber",
                };
                let number = element
                    .text()
                    .ok()
                    .and_then(|text| InstitutionNumber::parse(text).ok());
                if self.institution.is_some() {
                    return Err(REFUSED);
                }
                self.institution = Some(number.ok_or(REFUSED)?);
                Ok(())
            }
            "InstitutionName" => {
                let name = element
                    .text()
                    .ok()
                    .and_then(|text| plain(text, LONGEST_NAME).ok());
                if self.name.is_some() {
                    return Err(DeliveryRefusal::Head {
                        field: "InstitutionName",
                    });
                }
                self.name = name.map(Into::into);
                Ok(())
            }
            // Without the number, nobody can tell whose the rows are.
            "Group" | "InstitutionPerson" if self.institution.is_none() => Err(DeliveryRefusal::Head {
                field: "InstitutionNumber",
            }),
            "Group" => self.group(at, element),
            "InstitutionPerson" => self.person(at, element),
            name => {
                self.gathering.count()?;
                self.gathering.unknown_field(at, name)
            }
        }
    }

    fn fields<'d>(&mut self, at: Place, element: Element<'d>) -> Result<Fields<'d>, DeliveryRefusal> {
        let fields = Fields::of(element);
        for name in fields.strangers(&self.head.namespace) {
            self.gathering.unknown_field(at, name)?;
        }
        Ok(fields)
    }

    fn group(&mut self, at: Place, element: Element<'_>) -> Result<(), DeliveryRefusal> {
        let fields = self.fields(at, element)?;
        let mut faults = Faults::default();
        let id = fields.one("GroupId", &mut faults).id(&mut faults);
        if self.head.kind == Kind::Removals {
            let removal = self.gathering.removal(at, id, Subject::Group, faults)?;
            self.removals.groups.extend(removal);
            return Ok(());
        }
        let group: Option<DeliveredGroup> = group(&fields, at, id.clone(), &mut faults);
        self.gathering.group(at, id, group, faults)
    }

    fn person(&mut self, at: Place, element: Element<'_>) -> Result<(), DeliveryRefusal> {
        let fields = self.fields(at, element)?;
        let mut faults = Faults::default();
        let id = fields.one("LocalPersonId", &mut faults).id(&mut faults);
        if self.head.kind == Kind::Removals {
            let removal = self.gathering.removal(at, id, Subject::Person, faults)?;
            self.removals.people.extend(removal);
            return Ok(());
        }
        let person: Option<DeliveredPerson> = person(&fields, at, id.clone(), self.head.sent_at, &mut faults);
        self.gathering.person(at, id, person, faults)
    }

    fn finish(self) -> Result<Delivery, DeliveryRefusal> {
        let number = self.institution.ok_or(DeliveryRefusal::Head {
            field: "InstitutionNumber",
        })?;
        let others = match self.head.kind {
            Kind::Whole => OtherGroups::AreNone,
            Kind::Changes | Kind::Removals => OtherGroups::MayBeKnown,
        };
        let gathered = self.gathering.finish(others)?;
        Ok(Delivery {
            source: self.head.source,
            format: Format::UniloginXml,
            sent_at: self.head.sent_at,
            school_year: self.head.school_year,
            institution: DeliveredInstitution {
                number,
                name: self.name,
            },
            content: match self.head.kind {
                Kind::Whole => Content::Whole(gathered.roster),
                Kind::Changes => Content::Changes(gathered.roster),
                Kind::Removals => Content::Removals(self.removals),
            },
            findings: gathered.findings,
            protected: gathered.protected,
        })
    }
}

impl Part {
    /// The element of the XML that says it.
    pub const fn element(&self) -> &'static str {
        match self {
            Self::Student(_) => "Student",
            Self::Employee(_) => "Employee",
            Self::Extern(_) => "Extern",
        }
    }
}
