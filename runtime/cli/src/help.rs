//! The help of the program as a whole: its commands by the task that they are for.

use clap::Command;

/// Tasks of the people who use the program, each with its commands in the order in which they are needed.
const TASKS: &[(&str, &[&str])] = &[
    (
        "Run the server",
        &[
            "serve", "doctor", "quotas", "storage", "backup", "restore", "nodes", "groups",
            "store", "admin",
        ],
    ),
    ("See what is heard, and what is not", &["quality", "gateways"]),
    ("Say who may do what", &["partners", "people", "tokens"]),
    (
        "Register devices and get their data",
        &["devices", "records", "routes", "alerts", "downlinks", "schedules"],
    ),
    ("Find out why a frame or a message is refused", &["network-servers", "frames", "parked"]),
    ("Tell partners of the service", &["notices", "statements"]),
    (
        "Write, try and publish decoders",
        &["new", "test", "vectors", "vocabulary", "build", "bench", "import", "decode", "publish"],
    ),
    ("See what can be decoded, and look after it", &["catalogue", "registry"]),
    ("Set up a shell", &["completions", "man", "help"]),
];

/// The parts of the help page; the commands by task stand in the place of clap's one list. Clap puts an empty line before
/// them by itself.
const TEMPLATE: &str = "{about}\n\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}\n";

/// Returns the command line with its commands told by task.
pub(super) fn by_task(command: Command) -> Command {
    let tasks = tasks(&command);
    command.help_template(TEMPLATE).after_help(tasks)
}

fn tasks(command: &Command) -> String {
    let width = TASKS.iter().flat_map(|(_, names)| *names).map(|name| name.len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for (task, names) in TASKS {
        text.push_str(&format!("{task}:\n"));
        for name in *names {
            text.push_str(&format!("  {name:width$}  {}\n", purpose(command, name)));
        }
        text.push('\n');
    }
    text.push_str("`champollion help COMMAND` explains a command.\n");
    text
}

fn purpose(command: &Command, name: &str) -> String {
    let about = command.find_subcommand(name).and_then(Command::get_about);
    // Clap adds `help` itself, and only once the line is read.
    about.map_or_else(|| "Explain a command".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::Cli;

    #[test]
    fn every_command_is_told_under_one_task() {
        let mut told: Vec<&str> = TASKS.iter().flat_map(|(_, names)| *names).copied().collect();
        told.sort_unstable();
        let command = Cli::command();
        let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
        let mut there: Vec<&str> = visible.map(Command::get_name).chain(["help"]).collect();
        there.sort_unstable();
        assert_eq!(told, there);
    }

    #[test]
    fn the_help_names_tasks_commands_and_options() {
        let help = by_task(Cli::command()).render_help().to_string();
        for line in ["Run the server:", "  serve            Run the server", "  -V, --version"] {
            assert!(help.contains(line), "{line:?} is missing:\n{help}");
        }
        assert!(!help.contains("\n\n\n") && help.contains("\n\nOptions:"), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}
