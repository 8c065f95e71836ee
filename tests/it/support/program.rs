//! The program as a process.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
    thread::{self, JoinHandle},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{config as files, database};

/// The program with a working directory and a configuration of its own.
pub(crate) struct Program {
    folder: TempDir,
    /// The addresses that its configuration names, free when the test began.
    pub(crate) public: String,
    pub(crate) admin: String,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The program while it serves.
pub(crate) struct Serving {
    child: Child,
    out: JoinHandle<String>,
    err: JoinHandle<String>,
}

impl Program {
    /// `yaml` is laid over the configuration of all tests; the addresses are chosen here.
    pub(crate) fn new(yaml: &str) -> Self {
        let program = Self::with_addresses(yaml);
        let path = program.folder.path().join("config.yaml");
        let mut config: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        config["server"] = json!({ "public": { "address": program.public }, "admin": { "address": program.admin } });
        fs::write(&path, config.to_string()).unwrap();
        program
    }

    /// Like [`Program::new`], but `yaml` says where the servers listen.
    pub(crate) fn with_addresses(yaml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        files::write(folder.path(), yaml);
        Self { folder, public: free_address(), admin: free_address() }
    }

    /// The URL of its database.
    pub(crate) fn database(&self) -> String {
        format!("sqlite://{}", self.folder.path().join("test.db").display())
    }

    /// Runs a statement on a file of its working directory, which is created if need be.
    pub(crate) fn on_database(&self, file: &str, statement: &str) {
        let url = format!("sqlite://{}?mode=rwc", self.folder.path().join(file).display());
        tokio::runtime::Runtime::new().unwrap().block_on(database::on_server(url, statement.to_owned()));
    }

    /// The first column of what a query on its database finds.
    pub(crate) fn texts(&self, query: &str) -> Vec<String> {
        let found = database::texts(self.database(), query.to_owned());
        tokio::runtime::Runtime::new().unwrap().block_on(found)
    }

    /// Whether its working directory has this file.
    pub(crate) fn has_file(&self, file: &str) -> bool {
        self.folder.path().join(file).exists()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealflow"));
        command.args(arguments).current_dir(&self.folder).env_clear().stdin(Stdio::null());
        command
    }

    /// Runs a command to its end. The configuration file is `config.yaml` in its working directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs a command that reads these lines.
    pub(crate) fn run_with(&self, arguments: &[&str], lines: &[&str]) -> Ended {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let script: String = lines.iter().map(|line| format!("{line}\n")).collect();
        // A program that ends before it has read everything closes the pipe.
        drop(child.stdin.take().unwrap().write_all(script.as_bytes()));
        child.wait_with_output().unwrap().into()
    }

    /// Runs a command that serves; returns when it says that it is ready.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Serving {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let out = thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            text
        });
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("server is ready") {
            assert!(err.read_line(&mut said).unwrap() > 0, "the program ended: {said}");
        }
        let err = thread::spawn(move || {
            err.read_to_string(&mut said).unwrap();
            said
        });
        Serving { child, out, err }
    }
}

impl Serving {
    /// Sends a signal and waits for the end.
    pub(crate) fn end(mut self, signal: &str) -> Ended {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
        let code = self.child.wait().unwrap().code();
        Ended { code, out: self.out.join().unwrap(), err: self.err.join().unwrap() }
    }
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
