//! A process that holds keys leaves none in a core dump (M02).

/// From now on this process is not dumped, and no other of the same user may look into it. Where
/// the system does not let us, the log says so.
pub(super) fn switch_off() {
    #[cfg(unix)]
    if let Err(error) = limit() {
        tracing::warn!(%error, "core dumps could not be switched off: one would hold keys");
    }
}

#[cfg(unix)]
fn limit() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    // A handler that is piped to, such as systemd's, heeds this and not the limit.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
