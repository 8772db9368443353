//! `champollion vectors`: payloads are recorded with what the decoder makes of them.

use std::path::PathBuf;

use champollion_registry::package::{outcome, run};
use champollion_sdk::vectors::{Input, Vector};
use clap::{Args, Subcommand};

use super::{
    Failure,
    decode::show_call,
    input_arguments::InputArguments,
    output,
    sources::Sources,
    vector_report::measured,
    vectors_file::{VectorsFile, expectation},
};

/// Looks after the vectors of a decoder.
#[derive(Args)]
pub(super) struct Vectors {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Record a payload with what the decoder makes of it, for review
    Add(Add),
}

#[derive(Args)]
struct Add {
    /// Folder with decoder.toml, and the Rust sources or codec.js
    #[arg(default_value = ".", value_name = "DIR")]
    sources: PathBuf,
    #[command(flatten)]
    input: InputArguments,
    /// Short description of the case, unique among the vectors; made of the payload where it is left out
    #[arg(long)]
    name: Option<String>,
    /// Origin of the payload: a document of the maker, a frame from the field
    #[arg(long)]
    source: Option<String>,
}

impl Vectors {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Add(add) => add.run(),
        }
    }
}

impl Add {
    fn run(self) -> Result<(), Failure> {
        const TASK: &str = "no vector is added";
        let input = self.input.recorded()?;
        let mut file = VectorsFile::read(&self.sources)?;
        let name = self.name.clone().unwrap_or_else(|| usual_name(&input));
        for vector in file.vectors() {
            let reason = if vector.name == name {
                format!("there is one of the name {name:?}: --name gives another")
            } else if vector.input == input {
                format!("the vector {:?} has the same input", vector.name)
            } else {
                continue;
            };
            return Err(Failure::new(TASK, reason));
        }
        let loaded = Sources::read_without_vectors(&self.sources)?.load()?;
        if loaded.decoder.formulas().is_some() != matches!(input, Input::Reading(_)) {
            let reason = match input {
                Input::Reading(_) => "the decoder reads payloads: --fport and --hex give one",
                _ => {
                    "a derived decoder reads readings: --reading '{\"measurements\": [{\"quantity\": …, \"value\": …}]}' \
                     gives one"
                }
            };
            return Err(Failure::new(TASK, reason));
        }
        let call = run(&loaded.decoder, &input);
        show_call(&call);
        let outcome = outcome(&call);
        let Some(expect) = expectation(&outcome) else {
            let reason = outcome["failure"]["message"].as_str().unwrap_or_default();
            return Err(Failure::new(TASK, output::quoted(reason)));
        };
        if let Some(failure) = outcome.get("failure") {
            let (kind, message) = (&failure["kind"], &failure["message"]);
            let said = output::quoted(message.as_str().unwrap_or_default());
            output::line(format_args!("failure {}: {said}", kind.as_str().unwrap_or_default()));
        }
        file.add(&Vector { name: name.clone(), source: self.source, input, expect })?;
        file.write()?;
        output::line(format_args!(
            "added {name:?} to {}: look whether this is right",
            file.path().display()
        ));
        Ok(())
    }
}

fn usual_name(input: &Input) -> String {
    match input {
        Input::Uplink(uplink) => format!("{} on port {}", uplink.payload, uplink.f_port),
        Input::Downlink(sent) => format!("{} sent on port {}", sent.payload, sent.f_port),
        Input::Command(command) => format!("command {}", command.data),
        Input::Reading(reading) => format!("reading of {}", measured(reading)),
    }
}
