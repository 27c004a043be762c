//! Pictures as they are picked: one at a time without script, all at once with it. Which picture
//! a token means is known here alone (G12).

use data_encoding::BASE64URL_NOPAD;

use crate::credentials::pictures::{Grid, Picture, Sequence};
use crate::keys::derive::MasterSecret;
use crate::login::new_secret::Picking;
use crate::web::incoming::Posted;
use crate::web::pages::picture_grid::MOST_PICTURES;

/// What a form with pictures said.
pub enum Picked {
    /// One more, or one less: the page goes on.
    GoOn(Picking),
    /// That is it.
    Done(Sequence),
}

/// Reads a form with pictures, which are hidden behind `secret` and of which some were picked
/// before; nothing where it is another form.
pub fn read(secret: &MasterSecret, before: &Picking, posted: &Posted) -> Option<Picked> {
    let nonce = posted.one("grid").map(nonce_of)?;
    let place = posted
        .one("place")
        .and_then(|place| place.parse().ok())
        .unwrap_or(0_usize);
    let mut picking = before.clone();
    // Another page than the one that goes on, or a button that was pressed twice.
    let is_this_page = nonce == Some(picking.nonce) && place == picking.picked.len();
    if let Some(nonce) = nonce.filter(|_| place == 0 && !is_this_page) {
        picking = Picking {
            nonce,
            picked: Vec::new(),
        };
    } else if !is_this_page {
        return Some(Picked::GoOn(picking));
    }
    let grid = Grid::new(secret, picking.nonce);
    let tokens = posted.one("picks").unwrap_or_default().split_ascii_whitespace();
    let pressed = tokens.chain(posted.one("pick"));
    let room = MOST_PICTURES.saturating_sub(picking.picked.len());
    let pressed = grid.pictures(pressed, room);
    picking.picked.extend(pressed.into_iter().map(Picture::number));
    Some(match posted.one("do") {
        Some("undo") => {
            picking.picked.pop();
            Picked::GoOn(picking)
        }
        Some("done") if !picking.picked.is_empty() => {
            let pictures = picking
                .picked
                .iter()
                .filter_map(|number| Picture::numbered(*number));
            Picked::Done(Sequence::picked(pictures.collect()))
        }
        _ => Picked::GoOn(picking),
    })
}

fn nonce_of(text: &str) -> Option<[u8; 16]> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok()
}
