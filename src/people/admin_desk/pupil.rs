//! What is set for one pupil: another password rule, in either direction, and a block (U42, K10).

use super::{AdminDesk, DeskError, Done, Why};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::desk::{DeskAct, Reason, Say};
use crate::domain::password_rule::RuleKey;
use crate::store::blocks::Block;
use crate::store::desk::Affiliation;
use crate::store::pupil_rules::SetRule;

impl AdminDesk {
    /// Sets another rule than the stage's. What the pupil has is good until it says otherwise.
    ///
    /// # Errors
    /// It is no pupil of this institution alone, or no rule for pupils.
    pub async fn set_rule(&self, actor: ActorId, rule: RuleKey, reason: &Reason) -> Done {
        let pupil = self.pupil(actor, |say| say == Say::OverPupil).await?;
        if !rule.is_for_pupils() {
            return Err(DeskError::Cannot(Why::Choice));
        }
        let set = SetRule {
            account: pupil.account.id,
            rule,
            by: self.doer().to_string(),
            reason: reason.as_str().to_owned(),
            at: self.now(),
        };
        let event = self.event(
            DeskAct::RuleSet,
            Some(&pupil.account),
            Some(reason.as_str()),
            Some(rule.word().to_owned()),
        );
        Ok(self.tools.store.set_pupil_rule(&set, &event).await?)
    }

    /// Lets the rule of the pupil's stage hold again.
    ///
    /// # Errors
    /// It is no pupil of this institution alone, or no other rule was set.
    pub async fn lift_rule(&self, actor: ActorId, reason: &Reason) -> Done {
        let pupil = self.pupil(actor, |say| say == Say::OverPupil).await?;
        let event = self.event(
            DeskAct::RuleLifted,
            Some(&pupil.account),
            Some(reason.as_str()),
            None,
        );
        let lifted = self.tools.store.lift_pupil_rule(pupil.account.id, &event).await?;
        lifted.then_some(()).ok_or(DeskError::Cannot(Why::NothingToDo))
    }

    /// Blocks a pupil's account and ends what it has open: from the central login, or from every login
    /// through Portner, whoever vouches (T7).
    ///
    /// # Errors
    /// It is no pupil of this institution alone, or another institution, or who runs the installation, has
    /// blocked it.
    pub async fn block(&self, actor: ActorId, through_broker: bool, reason: &Reason) -> Done {
        let pupil = self.pupil(actor, Say::blocks).await?;
        let block = Block {
            account: pupil.account.id,
            institution: self.here().clone(),
            through_broker,
            by: self.doer().to_string(),
            reason: reason.as_str().to_owned(),
            at: self.now(),
        };
        let reach = if through_broker {
            "every login"
        } else {
            "the central login"
        };
        let event = self.event(
            DeskAct::Blocked,
            Some(&pupil.account),
            Some(reason.as_str()),
            Some(reach.to_owned()),
        );
        let set = self.tools.store.set_block(&block, &event).await?;
        set.then_some(()).ok_or(DeskError::Cannot(Why::AnothersBlock))
    }

    /// Lifts a block that this institution has set.
    ///
    /// # Errors
    /// Somebody else has set it, or there is none.
    pub async fn unblock(&self, actor: ActorId, reason: &Reason) -> Done {
        let pupil = self.pupil(actor, Say::blocks).await?;
        let event = self.event(
            DeskAct::Unblocked,
            Some(&pupil.account),
            Some(reason.as_str()),
            None,
        );
        let lifted = self
            .tools
            .store
            .lift_block(pupil.account.id, self.here(), &event)
            .await?;
        match lifted {
            true => Ok(()),
            false if pupil.account.blocked => Err(DeskError::Cannot(Why::AnothersBlock)),
            false => Err(DeskError::Cannot(Why::NothingToDo)),
        }
    }

    /// The block that some administrator has set.
    pub(super) async fn block_of(&self, who: &Affiliation) -> Done<Option<Block>> {
        Ok(self.tools.store.block_of(who.account.id).await?)
    }

    /// A pupil whose account is in this institution's hands.
    async fn pupil(&self, actor: ActorId, may: impl Fn(Say) -> bool) -> Done<Affiliation> {
        let who = self.load(actor).await?;
        let say = self.say(who.account.id).await?;
        if who.group == ActorGroup::Elev && !who.unconfirmed && who.is_active(self.now()) && may(say) {
            Ok(who)
        } else {
            Err(DeskError::Cannot(Why::NotInYourHands))
        }
    }
}
