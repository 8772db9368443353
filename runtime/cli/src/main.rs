//! The binary `champollion`: the server and its command line. People get tables and sentences, programs
//! get `--json`; the exit code is 0 only on success, and errors go to standard error.

#![forbid(unsafe_code)]

mod admin;
mod alerts;
mod backup;
mod bench;
mod build;
mod bulk;
mod catalogue;
mod clocks;
mod compile;
mod compile_worker;
mod componentize;
mod connection;
mod decode;
mod devices;
mod doctor;
mod downlinks;
mod failure;
mod frames;
mod gateways;
mod groups;
mod help;
mod import;
mod input_arguments;
mod json_style;
mod json_values;
mod lines;
mod network_servers;
mod new;
mod nodes;
mod notices;
mod one_time_link;
mod output;
mod own_json;
mod parked;
mod partners;
mod past_moment;
mod people;
mod plural;
mod progress;
mod publish;
mod quality;
mod quotas;
mod records;
mod redecode;
mod registry;
mod restore;
mod routes;
mod sandbox;
mod schedules;
mod sdk_files;
mod serve;
mod server_settings;
mod settings;
mod shell;
mod sources;
mod statements;
mod storage;
mod store;
mod table;
mod table_file;
mod test;
mod text_file;
mod tokens;
mod toml_file;
mod tool;
mod unit_tests;
mod vector_faults;
mod vector_report;
mod vectors;
mod vectors_file;
mod verify;
mod vocabulary;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use failure::Failure;

/// The allocator of the binary: frames of many devices are many short lives, on threads that hand them on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Turns what LoRaWAN sensors send into data people can use.
#[derive(Parser)]
#[command(name = "champollion", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server until it is stopped
    Serve(serve::Serve),
    /// Check settings, machine and surroundings of a server
    Doctor(doctor::Doctor),
    /// Lay out a new decoder, in JavaScript or Rust
    New(new::New),
    /// Try a decoder as a server does before it publishes it
    Test(test::Test),
    /// Make a package of a decoder's sources, and run its vectors
    Build(build::Build),
    /// Measure fuel, time, memory and size of a decoder
    Bench(bench::Bench),
    /// Record payloads with what a decoder makes of them
    Vectors(vectors::Vectors),
    /// List the quantities that fields can have
    Vocabulary(vocabulary::Vocabulary),
    /// Decode a payload, or a file of them, without a server
    Decode(decode::Decode),
    /// Make packages of JavaScript codecs, and publish them
    Import(import::Import),
    /// Publish packages on a server
    Publish(publish::Publish),
    /// List what can be decoded, into which fields and units
    Catalogue(catalogue::Catalogue),
    /// Register, list, show and remove devices
    Devices(devices::Devices),
    /// Send commands to devices, and follow them
    Downlinks(downlinks::Downlinks),
    /// Make schedules of commands, and see what they will send
    Schedules(schedules::Schedules),
    /// Check network servers for lost frames, and look after doors
    NetworkServers(network_servers::NetworkServers),
    /// Look after messages of brokers that cannot be read
    Parked(parked::Parked),
    /// Tell of planned work and incidents, and show them
    Notices(notices::Notices),
    /// Explain frames byte by byte
    Frames(frames::Frames),
    /// Show the share of objects that were heard, and losses
    Quality(quality::Quality),
    /// Show gateways, and which objects each alone hears
    Gateways(gateways::Gateways),
    /// Show how much a group may have at once, and how much it has
    Quotas(quotas::Quotas),
    /// Show the objects in service on a day, and what they cost
    Statements(statements::Statements),
    /// Show in which database each group lies, and place new ones
    Groups(groups::Groups),
    /// List the nodes that share the store
    Nodes(nodes::Nodes),
    /// Show how full the disk is, and for how long there is room
    Storage(storage::Storage),
    /// Back up the embedded store, also while the server runs
    Backup(backup::Backup),
    /// Make a data folder of a backup
    Restore(restore::Restore),
    /// Copy a store into another place: a folder, or a database
    Store(store::Store),
    /// Pull and acknowledge records
    Records(records::Records),
    /// Make routes on which records leave, and watch them
    Routes(routes::Routes),
    /// Watch devices and routes by rules, and look after alerts
    Alerts(alerts::Alerts),
    /// Look after published decoders
    Registry(registry::Registry),
    /// Add partners, and say which groups they own
    Partners(partners::Partners),
    /// Add people, grant them roles, suspend them, review rights
    People(people::People),
    /// Make, list and revoke tokens
    Tokens(tokens::Tokens),
    /// Administer a server: rotate its master key, or recover it
    Admin(admin::Admin),
    /// Print completions for a shell
    Completions(shell::Completions),
    /// Write manual pages into a folder
    Man(shell::Man),
    #[command(name = compile_worker::COMMAND, hide = true)]
    CompileWorker,
}

fn main() -> ExitCode {
    let matches = help::by_task(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let result = match cli.command {
        Command::Serve(command) => command.run(),
        Command::Doctor(command) => connection::block_on(command.run()),
        Command::Admin(command) => command.run(),
        Command::Store(command) => command.run(),
        Command::New(command) => command.run(),
        Command::Test(command) => command.run(),
        Command::Build(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Vectors(command) => command.run(),
        Command::Vocabulary(command) => command.run(),
        Command::Decode(command) => command.run(),
        Command::Frames(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Publish(command) => connection::block_on(command.run()),
        Command::Catalogue(command) => connection::block_on(command.run()),
        Command::Devices(command) => connection::block_on(command.run()),
        Command::Downlinks(command) => connection::block_on(command.run()),
        Command::Schedules(command) => connection::block_on(command.run()),
        Command::NetworkServers(command) => connection::block_on(command.run()),
        Command::Notices(command) => connection::block_on(command.run()),
        Command::Parked(command) => connection::block_on(command.run()),
        Command::Quality(command) => connection::block_on(command.run()),
        Command::Gateways(command) => connection::block_on(command.run()),
        Command::Quotas(command) => connection::block_on(command.run()),
        Command::Statements(command) => connection::block_on(command.run()),
        Command::Groups(command) => connection::block_on(command.run()),
        Command::Nodes(command) => connection::block_on(command.run()),
        Command::Storage(command) => connection::block_on(command.run()),
        Command::Backup(command) => connection::block_on(command.run()),
        Command::Restore(command) => connection::block_on(command.run()),
        Command::Records(command) => connection::block_on(command.run()),
        Command::Routes(command) => connection::block_on(command.run()),
        Command::Alerts(command) => connection::block_on(command.run()),
        Command::Registry(command) => connection::block_on(command.run()),
        Command::Partners(command) => connection::block_on(command.run()),
        Command::People(command) => connection::block_on(command.run()),
        Command::Tokens(command) => connection::block_on(command.run()),
        Command::Completions(command) => command.run(help::by_task(Cli::command())),
        Command::Man(command) => command.run(help::by_task(Cli::command())),
        Command::CompileWorker => return champollion_sandbox::compile_worker(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::error(&failure);
            ExitCode::FAILURE
        }
    }
}
