//! The commands of OCI registries in a program that was built without what speaks with them.

use std::ffi::OsString;

use champollion_client::Client;
use clap::Subcommand;

use super::super::Failure;

/// The commands, with whatever arguments they are given.
#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Copy a published version into an OCI registry: this program was built without the feature oci
    Push(Arguments),
    /// Publish here what an OCI registry has: this program was built without the feature oci
    Pull(Arguments),
}

/// Arguments that nobody reads.
#[derive(clap::Args)]
pub(in super::super) struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _all: Vec<OsString>,
}

impl Action {
    /// Says what the program lacks.
    pub(super) async fn run(&self, _: &Client, _: bool) -> Result<(), Failure> {
        let task = match self {
            Self::Push(_) => "nothing is pushed",
            Self::Pull(_) => "nothing is pulled",
        };
        let lacks = "this program was built without the feature oci, and so cannot speak with OCI \
                     registries: build it with `--features oci`";
        Err(Failure::new(task, lacks))
    }
}
