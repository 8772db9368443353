//! Meddles with the system calls of a running server, by strace: at a named step the process is ended, or
//! the disk is full.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Server, cli};

/// strace is there within milliseconds; on a machine that does much else, within seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// The mishap at a system call.
#[derive(Clone, Copy, Debug)]
pub enum Mishap {
    /// The process is ended before the first one is done, as `kill -9` does it.
    Killed,
    /// No one of them finds room on the disk.
    DiskFull,
}

/// Has something happen at the system calls of a server until it is dropped.
pub struct Tracer(Child);

impl Tracer {
    /// At a system call, of those that are about a file if one is named.
    #[must_use]
    pub fn attach(server: &Server, call: &str, file: Option<&Path>, mishap: Mishap) -> Self {
        let process = server.process_id();
        let (what, log) = match mishap {
            Mishap::Killed => ("signal=KILL:when=1", "killed"),
            Mishap::DiskFull => ("error=ENOSPC", "full"),
        };
        let mut strace = Command::new("strace");
        strace.args(["-f", "-q", "-p", &process.to_string()]);
        strace.arg("-o").arg(server.folder().join(format!("strace-{log}")));
        strace.args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:{what}")]);
        if let Some(file) = file {
            strace.arg("-P").arg(file);
        }
        let child = strace
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("strace is missing: `cargo xtask test` installs it");
        let mut tracer = Self(child);
        let deadline = Instant::now() + PATIENCE;
        // Each thread is traced by itself.
        while !tracer.has_all_threads(process) {
            assert!(Instant::now() < deadline, "strace does not get at the server");
            thread::sleep(Duration::from_millis(5));
        }
        tracer
    }

    fn has_all_threads(&mut self, process: u32) -> bool {
        assert!(self.0.try_wait().expect("it has a state").is_none(), "strace may not trace");
        let threads = fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
        threads.flatten().all(|thread| {
            let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
            let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
            tracer.is_none_or(|tracer| tracer.trim() != "0")
        })
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        let number = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(process) = number {
            // It lets the server go before it ends; where the server has ended, so has it.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        }
        if cli::wait(&mut self.0, PATIENCE).is_none() {
            drop(self.0.kill());
            drop(self.0.wait());
        }
    }
}
