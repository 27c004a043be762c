//! Our own pages as services of the registry: what each asks of a login, and who may vouch for it.
//!
//! They are no files of the operator's, and nothing that walks the registered parties meets them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::attributes::Vocabulary;
use crate::config::listen::Origin;
use crate::domain::assurance::{Demand, Factors, WantedAssurance};
use crate::domain::evidence::EvidenceRule;
use crate::domain::face::{ActingAs, Face};
use crate::domain::licence::LicenceRule;
use crate::domain::own_page::OwnPage;
use crate::domain::release::{ReleaseRule, SubjectKind};
use crate::domain::service::{AllowedUpstreams, ServiceProfile};
use crate::domain::upstream::UpstreamKind;

use super::registry::{Registry, Service, ServiceProtocol};
use super::validity::{Registrar, Validity};

/// Our own pages at this origin, as `registry` lets people come to them.
pub(super) fn all(origin: &Origin, registry: &Registry) -> Vec<Arc<Service>> {
    let vocabulary = Arc::new(Vocabulary::default());
    let of = |page: OwnPage| {
        Some(Arc::new(Service {
            profile: profile(page, origin, registry)?,
            vocabulary: Arc::clone(&vocabulary),
            protocol: ServiceProtocol::Own(page),
            validity: Validity::default(),
            registrar: Registrar::File,
        }))
    };
    OwnPage::ALL.into_iter().filter_map(of).collect()
}

fn profile(page: OwnPage, origin: &Origin, registry: &Registry) -> Option<ServiceProfile> {
    let id = page.service_id()?;
    Some(ServiceProfile {
        name: page.title(),
        start_url: origin.at(page.path()),
        sector: id.as_str().to_owned(),
        id,
        subject: SubjectKind::Pairwise,
        release: ReleaseRule::default(),
        upstreams: upstreams(page, registry),
        wanted: WantedAssurance::at_least(wanted(page)),
        faktor_2: false,
        admitted_groups: BTreeSet::new(),
        face: Face::default(),
        acting_as: ActingAs::Everything,
        licence: LicenceRule::default(),
        missing_licence_url: None,
        entitlement: None,
        contact: None,
        error_url: None,
        enabled: true,
        single_sign_on: true,
        evidence: EvidenceRule::NotKept,
    })
}

/// Whoever comes in by the back door proves who they are by CPR, and nothing less.
fn upstreams(page: OwnPage, registry: &Registry) -> AllowedUpstreams {
    match page {
        OwnPage::Recovery | OwnPage::Vouching => {
            let eids = registry.upstreams_of(UpstreamKind::NationalEid);
            AllowedUpstreams::Only(eids.map(|upstream| upstream.profile.id.clone()).collect())
        }
        OwnPage::Administration => {
            let trusted = registry
                .upstreams()
                .filter(|upstream| upstream.profile.administrators);
            AllowedUpstreams::Only(trusted.map(|upstream| upstream.profile.id.clone()).collect())
        }
        OwnPage::MinSide | OwnPage::Elevadgang => AllowedUpstreams::All,
    }
}

fn wanted(page: OwnPage) -> Vec<Demand> {
    match page {
        // "Log på som brugeradministrator" is a strong login (S0; I04), and a new password is worth as much as
        // what it was got with (G15).
        OwnPage::Administration | OwnPage::Recovery | OwnPage::Vouching => {
            vec![Demand::Factors(Factors::Two)]
        }
        OwnPage::MinSide | OwnPage::Elevadgang => Vec::new(),
    }
}
