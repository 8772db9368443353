//! The project's own commands. Each sets up what it needs and says what it does.

#![forbid(unsafe_code)]

mod attacks;
mod bench;
mod debian;
mod deny;
mod field;
mod flags;
mod fuzz;
mod guests;
mod install;
mod library_figures;
mod load;
mod npm;
mod package;
mod pypi;
mod sbom;
mod server;
mod shell;
mod test;
mod test_programs;
mod toolchain;

use std::path::Path;

use anyhow::ensure;

use self::{
    flags::{Xtask, XtaskCmd},
    guests::Library,
    install::Installing,
    load::{NodesRun, Standby},
};

/// Minutes that the server is tortured by default.
const TORTURE_MINUTES: u32 = 2;

/// Seconds that each target is fed by default.
const FUZZ_SECONDS: u32 = 60;

/// The file of the list of crates where nobody names another.
const SBOM: &str = "target/champollion.cdx.json";

/// The folder of the attack suite where nobody names another.
const ATTACKS: &str = "target/attacks";

/// The folder of the pictures of pages where nobody names another.
const PAGES: &str = "target/pages";

fn main() -> anyhow::Result<()> {
    let Xtask { no_install, subcommand } = Xtask::from_env_or_exit();
    let installing = if no_install { Installing::Forbidden } else { Installing::Allowed };
    match subcommand {
        XtaskCmd::Demo(demo) => {
            load::demo(&guests::build(installing, Library::Played)?, demo.once, demo.nodes)
        }
        XtaskCmd::Test(_) => test::run(installing),
        XtaskCmd::Torture(torture) => {
            let (minutes, seed) = (torture.minutes.unwrap_or(TORTURE_MINUTES), torture.seed);
            if torture.store == Some(load::Store::Postgres) {
                test::provide_patroni(installing)?;
                let packages = guests::build(installing, Library::Played)?;
                let (nodes, standby) = (torture.nodes.unwrap_or(load::NODES), Standby::Kept);
                let (has_further, before) = (torture.further, torture.before.as_deref());
                let run = NodesRun { nodes, minutes, seed, standby, has_further, before };
                return match torture.bug {
                    None => load::torture_nodes(&packages, run),
                    Some(bug) => load::torture_bug(&packages, run, bug),
                };
            }
            let is_of_nodes = torture.nodes.is_some()
                || torture.further
                || torture.before.is_some()
                || torture.bug.is_some();
            ensure!(!is_of_nodes, "several nodes need a database: --store postgres");
            load::torture(&guests::build(installing, Library::Played)?, minutes, seed)
        }
        XtaskCmd::Pages(pages) => {
            ensure!(
                npm::provide(installing, "pictures of pages are")?,
                "pictures of pages need what npm installs"
            );
            test::provide_browser(installing)?;
            let packages = guests::build(installing, Library::Played)?;
            load::pages(&packages, pages.out.as_deref().unwrap_or(Path::new(PAGES)))
        }
        XtaskCmd::Guests(_) => guests::build_and_tell(installing),
        XtaskCmd::Package(wanted) => package::write(installing, wanted),
        XtaskCmd::Attacks(attacks) => {
            attacks::write(installing, attacks.out.as_deref().unwrap_or(Path::new(ATTACKS)))
        }
        XtaskCmd::Field(field) => {
            guests::build(installing, Library::Played)?;
            field::compare(&field.dir, field.seed, field.json)
        }
        XtaskCmd::Fuzz(fuzz) => {
            fuzz::run(installing, fuzz.seconds.unwrap_or(FUZZ_SECONDS), fuzz.target)
        }
        XtaskCmd::Deny(_) => deny::run(installing),
        XtaskCmd::Sbom(sbom) => sbom::write(sbom.out.as_deref().unwrap_or(Path::new(SBOM))),
        XtaskCmd::Bench(bench) => bench::run(installing, &bench),
    }
}
