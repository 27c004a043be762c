//! One token: its sessions, and the few threads that wait for it so that no request does.
//!
//! A token that goes away fails every signature, and says so; where its module finds it again,
//! the next signature opens a session anew. Modules are initialised once per process, which is how
//! PKCS #11 has it, and the reason for the one table here that everybody shares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use aws_lc_rs::digest::{SHA256, digest};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use tokio::sync::oneshot;

use super::public;
use super::uri::KeyUri;
use crate::config::secret::SecretSource;
use crate::keys::SigningAlgorithm;

/// How many signatures a token makes at a time.
const THREADS: usize = 2;

/// How many may wait; the next is refused at once.
const QUEUE: usize = 256;

/// What a session is opened by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    module: PathBuf,
    token: String,
    pin: PathBuf,
}

static TOKENS: Mutex<BTreeMap<Key, Arc<Token>>> = Mutex::new(BTreeMap::new());
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

/// A token that is in use.
pub(super) struct Token {
    module: Pkcs11,
    label: String,
    pin: SecretSource,
    jobs: SyncSender<Job>,
    /// What was wrong at the last try, for each key: that one signs says nothing of another.
    trouble: Mutex<BTreeMap<Arc<KeyUri>, String>>,
}

/// What a thread does for somebody.
struct Job {
    uri: Arc<KeyUri>,
    /// What to sign and how; nothing where only the key is looked for.
    task: Option<(SigningAlgorithm, Vec<u8>)>,
    answer: oneshot::Sender<Result<Vec<u8>, String>>,
}

impl Token {
    /// The token of this key, with its threads.
    pub(super) fn of(uri: &KeyUri) -> Result<Arc<Self>, String> {
        let key = Key {
            module: uri.module.clone(),
            token: uri.token.clone(),
            pin: uri.pin.clone(),
        };
        let mut tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = tokens.get(&key) {
            return Ok(Arc::clone(token));
        }
        let (jobs, waiting) = sync_channel(QUEUE);
        let token = Arc::new(Self {
            module: module(&uri.module)?,
            label: uri.token.clone(),
            pin: SecretSource::File(uri.pin.clone()),
            jobs,
            trouble: Mutex::default(),
        });
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 1..=THREADS {
            let (token, waiting) = (Arc::clone(&token), Arc::clone(&waiting));
            thread::Builder::new()
                .name(format!("token-{number}"))
                .spawn(move || token.work(&waiting))
                .map_err(|error| error.to_string())?;
        }
        tokens.insert(key, Arc::clone(&token));
        Ok(token)
    }

    /// Has `message` signed by one of the threads.
    pub(super) fn sign(
        &self,
        uri: &Arc<KeyUri>,
        algorithm: SigningAlgorithm,
        message: Vec<u8>,
    ) -> Result<oneshot::Receiver<Result<Vec<u8>, String>>, String> {
        self.give(uri, Some((algorithm, message)))
    }

    /// What was wrong at the last try. Asks the token again, for whoever looks next.
    pub(super) fn trouble(&self, uri: &Arc<KeyUri>) -> Option<String> {
        if let Err(reason) = self.give(uri, None) {
            return Some(reason);
        }
        self.trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(uri)
            .cloned()
    }

    /// Keeps what was wrong with a key, and tells the operator once.
    pub(super) fn note(&self, uri: &Arc<KeyUri>, trouble: Option<&str>) {
        let mut kept = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (kept.get(uri), trouble) {
            (None, Some(reason)) => {
                tracing::error!(
                    token = self.label,
                    key = %uri,
                    reason,
                    "a key in the token does not sign; nobody gets an answer that needs it until it does"
                );
            }
            (Some(_), None) => {
                tracing::info!(token = self.label, key = %uri, "the key in the token signs again");
            }
            _ => {}
        }
        match trouble {
            Some(reason) => kept.insert(Arc::clone(uri), reason.to_owned()),
            None => kept.remove(uri),
        };
    }

    fn give(
        &self,
        uri: &Arc<KeyUri>,
        task: Option<(SigningAlgorithm, Vec<u8>)>,
    ) -> Result<oneshot::Receiver<Result<Vec<u8>, String>>, String> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            uri: Arc::clone(uri),
            task,
            answer,
        };
        match self.jobs.try_send(job) {
            Ok(()) => Ok(answered),
            Err(TrySendError::Full(_)) => Err(format!("{QUEUE} signatures wait for the token already")),
            Err(TrySendError::Disconnected(_)) => Err("nobody asks the token any more".to_owned()),
        }
    }

    fn work(&self, waiting: &Mutex<Receiver<Job>>) {
        let mut session = None;
        loop {
            // Held while waiting for a job, and given up before it is done.
            let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = job else { return };
            // Whoever gave up waiting needs no signature any more.
            if job.task.is_some() && job.answer.is_closed() {
                continue;
            }
            let mut done = self.attempt(&mut session, &job);
            if done.is_err() {
                // The session may have been lost since: once more with another.
                session = None;
                done = self.attempt(&mut session, &job);
            }
            if done.is_err() {
                session = None;
            }
            self.note(&job.uri, done.as_ref().err().map(String::as_str));
            let _ = job.answer.send(done);
        }
    }

    fn attempt(&self, session: &mut Option<Session>, job: &Job) -> Result<Vec<u8>, String> {
        let session = match session {
            Some(session) => session,
            None => session.insert(self.open()?),
        };
        let key = private_key(session, &job.uri)?;
        match &job.task {
            None => Ok(Vec::new()),
            Some((algorithm, message)) => sign(session, key, *algorithm, message),
        }
    }

    /// Signs on the caller's own thread, in a session of its own.
    pub(super) fn sign_here(
        &self,
        uri: &KeyUri,
        algorithm: SigningAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, String> {
        let session = self.open()?;
        let key = private_key(&session, uri)?;
        sign(&session, key, algorithm, message)
    }

    /// The public half, from the public key beside the private one.
    pub(super) fn public_key(&self, uri: &KeyUri) -> Result<Vec<u8>, String> {
        let session = self.open()?;
        private_key(&session, uri)?;
        let key = one(&session, uri, ObjectClass::PUBLIC_KEY)?;
        let wanted = [
            AttributeType::Modulus,
            AttributeType::PublicExponent,
            AttributeType::EcPoint,
        ];
        let (mut modulus, mut exponent, mut point) = (None, None, None);
        for kind in wanted {
            // A key has those of its own kind alone.
            for attribute in session.get_attributes(key, &[kind]).unwrap_or_default() {
                match attribute {
                    Attribute::Modulus(bytes) => modulus = Some(bytes),
                    Attribute::PublicExponent(bytes) => exponent = Some(bytes),
                    Attribute::EcPoint(bytes) => point = Some(bytes),
                    _ => {}
                }
            }
        }
        let spki = match (modulus, exponent, point) {
            (Some(modulus), Some(exponent), _) => public::rsa(&modulus, &exponent),
            (_, _, Some(point)) => public::p256(&point),
            _ => None,
        };
        spki.ok_or_else(|| format!("{uri} is neither RSA nor P-256"))
    }

    /// A session that may use private keys.
    fn open(&self) -> Result<Session, String> {
        let pin = self.pin.read().map_err(|error| format!("the PIN: {error}"))?;
        let pin = pin.expose_text().unwrap_or_default().trim();
        let pin = AuthPin::new(pin.to_owned().into_boxed_str());
        let slots = self.module.get_slots_with_token().map_err(told)?;
        let labelled = |slot: &_| {
            let info = self.module.get_token_info(*slot);
            info.is_ok_and(|info| info.label() == self.label)
        };
        let slot = slots.into_iter().find(labelled);
        let slot = slot.ok_or_else(|| format!("there is no token {}", self.label))?;
        let session = self.module.open_ro_session(slot).map_err(told)?;
        match session.login(UserType::User, Some(&pin)) {
            // One login counts for all sessions of a process.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => Err(told(error)),
        }
    }
}

fn sign(
    session: &Session,
    key: ObjectHandle,
    algorithm: SigningAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, String> {
    let pss = || PkcsPssParams {
        hash_alg: MechanismType::SHA256,
        mgf: PkcsMgfType::MGF1_SHA256,
        s_len: 32.into(),
    };
    let signed = match algorithm {
        SigningAlgorithm::RsaSha256 => session.sign(&Mechanism::Sha256RsaPkcs, key, message),
        SigningAlgorithm::RsaPssSha256 => session.sign(&Mechanism::Sha256RsaPkcsPss(pss()), key, message),
        // Few tokens hash for ECDSA; the answer is `r ‖ s` already.
        SigningAlgorithm::EcdsaP256Sha256 => {
            let hash = digest(&SHA256, message);
            session.sign(&Mechanism::Ecdsa, key, hash.as_ref())
        }
    };
    signed.map_err(told)
}

fn private_key(session: &Session, uri: &KeyUri) -> Result<ObjectHandle, String> {
    one(session, uri, ObjectClass::PRIVATE_KEY)
}

/// The one object of this kind under the key's name.
fn one(session: &Session, uri: &KeyUri, class: ObjectClass) -> Result<ObjectHandle, String> {
    let mut template = vec![Attribute::Class(class)];
    template.extend(
        uri.object
            .as_ref()
            .map(|label| Attribute::Label(label.clone().into_bytes())),
    );
    template.extend(uri.id.clone().map(Attribute::Id));
    let found = session.find_objects(&template).map_err(told)?;
    let what = if class == ObjectClass::PRIVATE_KEY {
        "private key"
    } else {
        "public key"
    };
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(format!("there is no {what} {uri}")),
        _ => Err(format!("there is more than one {what} {uri}; add its id")),
    }
}

/// The module, initialised once.
fn module(path: &Path) -> Result<Pkcs11, String> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = modules.get(path) {
        return Ok(module.clone());
    }
    let unusable = |error: Error| format!("the PKCS#11 module {}: {error}", path.display());
    let module = Pkcs11::new(path).map_err(unusable)?;
    let unusable = |error: Error| match error {
        Error::Pkcs11(code, _) => format!(
            "the PKCS#11 module {} cannot start ({code:?}): is the token there, and may this user use it?",
            path.display()
        ),
        other => unusable(other),
    };
    module
        .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        .map_err(unusable)?;
    modules.insert(path.to_owned(), module.clone());
    Ok(module)
}

fn told(error: Error) -> String {
    match error {
        Error::Pkcs11(RvError::PinIncorrect, _) => {
            "the PIN in the file of pin-source is not the token's (PinIncorrect)".to_owned()
        }
        Error::Pkcs11(RvError::PinLocked, _) => "the token has locked its PIN (PinLocked)".to_owned(),
        Error::Pkcs11(code, function) => format!("{function}: {code:?}"),
        other => other.to_string(),
    }
}
