//! The metrics of the server, all in one list: Prometheus shows their help texts, docs/metrics.md is this list as a
//! table, and a test finds metrics of the sources that are missing in it.

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A sum since the start.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// A distribution of values, in buckets.
    Histogram,
}

/// A metric of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The names of the labels, separated by commas.
    #[cfg_attr(not(test), expect(dead_code, reason = "the page shows them, which a test makes"))]
    pub(crate) labels: &'static str,
    pub(crate) help: &'static str,
}

const fn counter(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, labels, help }
}

/// All metrics, by their names.
pub(crate) const METRICS: &[Metric] = &[
    gauge(
        "champollion_audit_bytes",
        "place",
        "Bytes of the audit, by whether they are in the store or archived",
    ),
    gauge(
        "champollion_certificate_end_seconds",
        "",
        "The end of the certificate of `[tls]`, in seconds since 1970",
    ),
    gauge("champollion_connections", "", "Connections of clients that are open"),
    counter(
        "champollion_connections_ended_total",
        "reason",
        "Connections that were ended, by the reason: idle, header, write, made-room, no-place; \
         of TLS: handshake (too slow), handshake-failed, in-clear",
    ),
    counter(
        "champollion_copies_total",
        "kind",
        "Copies of a frame through other gateways: `merged` into its record, or `late`",
    ),
    counter(
        "champollion_counter_resets_total",
        "",
        "Frame counters that started over, of devices that may do so",
    ),
    counter(
        "champollion_counter_searches_total",
        "outcome",
        "Searches for the upper half of a frame counter, by whether it was found",
    ),
    counter(
        "champollion_damaged_packages_total",
        "event",
        "Damaged packages that were found, and those that are whole again",
    ),
    gauge(
        "champollion_database_devices",
        "database",
        "Devices that lie in each of several databases, as far as this node knows",
    ),
    gauge(
        "champollion_database_full",
        "database",
        "Whether each of several databases had no room for a change a moment ago",
    ),
    gauge(
        "champollion_database_groups",
        "database",
        "Groups that lie in each of several databases, as far as this node knows",
    ),
    gauge(
        "champollion_database_is_primary",
        "",
        "Whether the databases that keep everything take changes: 0 where one is in recovery, or does not answer",
    ),
    gauge(
        "champollion_database_ready",
        "database",
        "Whether each of several databases takes changes of this node",
    ),
    gauge(
        "champollion_database_standby_missing",
        "",
        "Whether commits wait for a standby of a database that is not there",
    ),
    gauge(
        "champollion_database_standbys",
        "kind",
        "Standbys of the databases: demanded (that a commit waits for), and those that are there: synchronous, \
         asynchronous, unseen (by the role of the server)",
    ),
    histogram(
        "champollion_decode_fuel",
        "decoder, version",
        "Fuel that calls of a decoder burnt, by decoder and version",
    ),
    gauge(
        "champollion_decode_memory_peak_bytes",
        "decoder, version",
        "The most memory that a call of a decoder had since it was loaded, by decoder and version",
    ),
    counter(
        "champollion_decode_queue_full_total",
        "",
        "Calls that were turned away, since too many were waiting for a worker",
    ),
    histogram(
        "champollion_decode_seconds",
        "decoder, version",
        "Time that calls of a decoder took, by decoder and version",
    ),
    gauge("champollion_decoders_loaded", "", "Decoders that are in memory"),
    gauge("champollion_decoders_loaded_bytes", "", "Code of the decoders that are in memory"),
    gauge(
        "champollion_decoders_quarantined",
        "",
        "Versions of decoders that are set aside, since their calls kept misbehaving",
    ),
    counter(
        "champollion_decodes_total",
        "decoder, version, result",
        "Frames given to a decoder, by decoder, version and what came of it",
    ),
    counter(
        "champollion_deliveries_failed_total",
        "",
        "Requests and files that a recipient did not take, each of which is tried again",
    ),
    gauge("champollion_devices", "", "Devices that are registered"),
    gauge("champollion_downlinks_open", "", "Commands to devices that are under way"),
    counter("champollion_downlinks_total", "result", "Commands to devices, by what became of them"),
    counter(
        "champollion_expensive_refused_total",
        "",
        "Expensive requests that were turned away, since all places were taken",
    ),
    counter("champollion_files_delivered_total", "", "Files that a recipient took"),
    counter(
        "champollion_frames_missing_total",
        "network_server, when",
        "Frames that are missing by gaps in the FCnt, by network server and whether we were `away` or `connected`",
    ),
    counter(
        "champollion_frames_overtaken_total",
        "",
        "Frames that were verified anew, since their device was moved on while they were being kept",
    ),
    counter(
        "champollion_frames_total",
        "result",
        "Frames handed over by network servers, by what became of them",
    ),
    gauge(
        "champollion_gateways",
        "state",
        "Gateways that are known, by whether they are `heard`, `silent` for three times their usual gap, or of a rhythm that is not known yet: `rhythm-unknown`",
    ),
    counter(
        "champollion_handshakes_total",
        "result",
        "Handshakes of clouds at the doors of network servers, by whether they were kept",
    ),
    counter(
        "champollion_imported_rows_total",
        "verdict",
        "Rows of sheets of devices that were imported, by their verdicts",
    ),
    gauge(
        "champollion_mqtt_connected",
        "network_server",
        "Whether there is a connection to the broker, by network server",
    ),
    counter(
        "champollion_mqtt_messages_total",
        "network_server, result",
        "Messages from brokers, by network server and what became of them",
    ),
    counter(
        "champollion_mqtt_qos0_messages_total",
        "network_server",
        "Messages from brokers with QoS 0, which no broker keeps while we are away, by network server",
    ),
    counter(
        "champollion_mqtt_sessions_lost_total",
        "network_server",
        "Connections at which the broker had not kept our session, by network server",
    ),
    gauge(
        "champollion_network_server_findings",
        "network_server, severity",
        "Findings of the check of a network server, by network server and severity",
    ),
    gauge(
        "champollion_node_clock_ahead_seconds",
        "",
        "Seconds by which the clock of this node is ahead of that of the database; negative where it is behind",
    ),
    gauge(
        "champollion_node_frames_per_second",
        "",
        "Frames that this node took in a second, of late, where several share the store",
    ),
    gauge(
        "champollion_node_lag_seconds",
        "",
        "Seconds since this node has compared its memory with what other nodes have changed",
    ),
    counter(
        "champollion_node_requests_refused_total",
        "reason",
        "Requests between nodes that were not taken for one, by the reason: stamp, moment, seal, replayed, cut, head, alone, \
         and answer (the answer of another node)",
    ),
    counter(
        "champollion_outbox_failures_total",
        "channel",
        "Attempts to send a message of the outbox that failed: by mail, webhook or mqtt",
    ),
    counter(
        "champollion_outbox_folded_total",
        "channel",
        "Messages of the outbox that a group had no room for, and that were told as a number: by mail, webhook or mqtt",
    ),
    counter(
        "champollion_outbox_given_up_total",
        "channel",
        "Messages of the outbox that were given up after [outbox] give-up-days: by mail, webhook or mqtt",
    ),
    gauge(
        "champollion_outbox_oldest_seconds",
        "",
        "Age of the oldest message that waits in the outbox",
    ),
    counter(
        "champollion_outbox_sent_total",
        "channel",
        "Messages of the outbox that were sent: by mail, webhook or mqtt",
    ),
    gauge("champollion_outbox_waiting", "", "Messages that wait in the outbox"),
    gauge("champollion_parked_bytes", "", "Bytes of the messages that are parked"),
    counter(
        "champollion_parked_dropped_total",
        "",
        "Parked messages that made room for later ones",
    ),
    gauge("champollion_parked_messages", "", "Messages that are parked"),
    counter(
        "champollion_quality_late_frames_total",
        "",
        "Frames that were handed over when the figures of their day were fixed already",
    ),
    gauge(
        "champollion_quality_share",
        "promise",
        "Share of objects in service that were heard on the last day whose figures are fixed (`daily`), and within the 14 \
         days that end with it (`fortnight`)",
    ),
    counter(
        "champollion_quarantine_events_total",
        "decoder, version, event",
        "Times that calls of a decoder were set aside, or made again since one went well",
    ),
    counter(
        "champollion_quarantined_frames_total",
        "decoder, version",
        "Frames that are delivered raw, since their decoder is set aside",
    ),
    counter("champollion_records_delivered_total", "", "Records that a recipient took"),
    counter(
        "champollion_records_removed_total",
        "reason",
        "Records removed, by whether they were acknowledged or had expired",
    ),
    counter(
        "champollion_records_skipped_total",
        "",
        "Records that were skipped on a route, since its recipient never takes them",
    ),
    counter(
        "champollion_records_undelivered_total",
        "group",
        "Records that expired before a recipient took them, by group",
    ),
    gauge(
        "champollion_records_waiting_older_than",
        "group, route, hours",
        "Records that wait for a recipient and are older than so many hours",
    ),
    counter(
        "champollion_request_queue_full_total",
        "",
        "Calls of requests that were turned away, since too many were waiting for a thread",
    ),
    gauge(
        "champollion_requests",
        "state",
        "Requests of partners that wait for a decision, and those of them whose month is over, looked at each minute",
    ),
    counter(
        "champollion_schedule_runs_total",
        "result",
        "Moments of schedules, by what became of them: sent, refused, missed",
    ),
    counter(
        "champollion_sign_ins_failed_total",
        "reason",
        "Requests without a valid token and sign-ins that fail, by the reason: missing, malformed, unknown, expired, \
         session, suspended, password, openid",
    ),
    gauge("champollion_store_file_bytes", "", "Bytes of the store's files"),
    gauge("champollion_store_free_bytes", "", "Bytes of its disk that are free"),
    gauge("champollion_store_used_bytes", "", "Bytes that what the store keeps takes, about"),
    counter(
        "champollion_unreadable_members_total",
        "member",
        "Members of messages that could not be read and stayed empty, by their names",
    ),
];

/// Gives each metric its help text.
pub(crate) fn describe() {
    for &Metric { name, kind, help, .. } in METRICS {
        match kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram => metrics::describe_histogram!(name, help),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn listed() -> BTreeSet<String> {
        METRICS.iter().map(|metric| metric.name.to_owned()).collect()
    }

    #[test]
    fn the_list_is_in_order_and_names_nothing_twice() {
        assert!(METRICS.is_sorted_by(|one, other| one.name < other.name));
    }

    /// The page is the list: `CHAMPOLLION_BLESS=1` writes it.
    #[test]
    fn the_page_shows_the_list() {
        let row = |metric: &Metric| {
            let kind = format!("{:?}", metric.kind).to_lowercase();
            format!("| `{}` | {kind} | {} | {} |\n", metric.name, metric.labels, metric.help)
        };
        let rows: String = METRICS.iter().map(row).collect();
        let path = workspace().join("docs/metrics.md");
        let page = fs::read_to_string(&path).unwrap();
        let (before, _) = page.split_once("| `").unwrap();
        let whole = format!("{before}{rows}");
        if std::env::var_os("CHAMPOLLION_BLESS").is_some() {
            fs::write(&path, &whole).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), whole, "{} is not the list", path.display());
    }

    #[test]
    fn every_metric_of_the_sources_is_in_the_list() {
        let mut found = BTreeSet::new();
        for room in
            ["runtime/server/src", "runtime/delivery/src", "registry/src", "runtime/store/src"]
        {
            find(&workspace().join(room), &mut found);
        }
        assert_eq!(found, listed());
    }

    /// Finds the names of metrics in the sources below a folder: texts that begin as all of them do.
    fn find(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                find(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs")
                && !path.ends_with("metrics_list.rs")
            {
                let source = fs::read_to_string(&path).unwrap();
                let texts = source.split("\"champollion_").skip(1);
                let names = texts.map(|after| after.split('"').next().unwrap_or_default());
                found.extend(names.map(|name| format!("champollion_{name}")));
            }
        }
    }
}
