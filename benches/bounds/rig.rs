//! A server in this process with water meters, and the doors to it on this machine: within all bounds, and without.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    serve::{ListenerExt as _, serve},
};
use champollion_benches::{AXIOMA_EXTENDED, WATER_METER, publish_water_meter};
use champollion_frames::{AppSKey, DevAddr, DevEui, NwkSKey, Session, device::Device};
use champollion_registry::ledger::Actor;
use champollion_sandbox::Compiler;
use champollion_server::{
    auth::{NewToken, Role},
    authors::AuditedAuthor,
    config::Config,
    connections,
    devices::Registration,
    service::Service,
};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// Requests in a second that no measurement comes near to: rates are judged, and refuse nothing.
const NEVER_TOO_OFTEN: u32 = 100_000_000;

/// The group of the meters.
const GROUP: &str = "water";

/// A server that is open until this is dropped.
pub(crate) struct Rig {
    pub(crate) service: Arc<Service>,
    /// The secret of a token that hands over frames.
    pub(crate) token: String,
    stop: watch::Sender<bool>,
    _folder: TempDir,
}

/// A meter and its counter.
pub(crate) struct Meter {
    device: Device,
    next_f_cnt: u32,
}

impl Rig {
    /// Opens a server on a folder.
    pub(crate) async fn open(folder: TempDir, metrics: PrometheusHandle) -> Self {
        let mut config = Config::read(None).expect("the defaults are settings");
        config.data_dir = folder.path().join("data");
        let rates = &mut config.requests;
        rates.by_token_per_second = NEVER_TOO_OFTEN;
        rates.by_group_per_second = NEVER_TOO_OFTEN;
        rates.without_token_per_second = NEVER_TOO_OFTEN;
        let opened = Service::open(config, Compiler::InPlace, metrics).await;
        let (service, _) = opened.unwrap_or_else(|error| panic!("{error}"));
        publish_water_meter(&service.registry).await;
        let token = token(&service).await;
        let (stop, _) = watch::channel(false);
        Self { service, token, stop, _folder: folder }
    }

    /// Registers meters, all at once: their registrations share the writes to the disk.
    pub(crate) async fn register(&self, count: u32) -> Vec<Meter> {
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let service = Arc::clone(&self.service);
            tasks.spawn(async move { register(&service, number).await });
        }
        tasks.join_all().await
    }

    /// Serves a router as the server does, within the bounds of connections, and says where.
    pub(crate) async fn serve_within(&self, router: Router) -> SocketAddr {
        let (listener, address) = listen().await;
        let limits = Arc::new(self.service.config.connections.clone());
        let stopped = self.stop.subscribe();
        tokio::spawn(connections::serve(listener, router, limits, None, stopped));
        address
    }

    /// Serves a router as the library does, without any bound.
    pub(crate) async fn serve_without(&self, router: Router) -> SocketAddr {
        let (listener, address) = listen().await;
        // As within the bounds: else the two would differ by more than these.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(async move { drop(serve(listener, router).await) });
        address
    }
}

impl Meter {
    /// The body that hands over its next frame, as two gateways heard it.
    pub(crate) fn frame(&mut self) -> String {
        let (f_port, payload) = AXIOMA_EXTENDED;
        let frame = self.device.uplink(f_port, payload, self.next_f_cnt, false);
        self.next_f_cnt += 1;
        let frame = frame.expect("it is short enough");
        let digits: String = frame.iter().map(|byte| format!("{byte:02X}")).collect();
        json!({
            "phyPayload": digits,
            "receivedAt": "2026-02-03T04:05:06Z",
            "frequencyHz": 868_100_000,
            "spreadingFactor": 9,
            "bandwidthHz": 125_000,
            "codingRate": "4/5",
            "region": "EU868",
            "gateways": [
                { "gatewayId": "7276FF0039030436", "rssiDbm": -97, "snrDb": 7.5 },
                { "gatewayId": "7276FF0039030437", "rssiDbm": -107, "snrDb": -3 },
            ],
        })
        .to_string()
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    (listener, address)
}

/// Makes a token that hands over frames, and returns its secret.
async fn token(service: &Service) -> String {
    let token = NewToken::issue("benchmark", Role::Lns, Timestamp::now(), None);
    let token = token.expect("a token that never ends");
    service.tokens.keep(&token, &author(service)).await.expect("it is kept");
    token.secret.reveal().to_owned()
}

fn author(service: &Service) -> AuditedAuthor {
    AuditedAuthor::new(&service.registry, Actor::named("the benchmark"))
}

async fn register(service: &Service, number: u32) -> Meter {
    let mut key = [0xA5; 16];
    key[..4].copy_from_slice(&number.to_be_bytes());
    let session = Session::lorawan_1_0(
        DevEui::from_be_bytes((0x02C4_A3FF_FE20_0000 + u64::from(number)).to_be_bytes()),
        DevAddr::from_u32(0x0210_0000 + number),
        NwkSKey::from_bytes(key),
        AppSKey::from_bytes(key.map(|byte| !byte)),
    );
    let registration = json!({
        "group": GROUP,
        "decoder": format!("{WATER_METER}@^1"),
        "activation": { "abp": {
            "devAddr": session.dev_addr(),
            "nwkSKey": session.network_keys().nwk_s_key().map(NwkSKey::reveal_hex),
            "appSKey": session.app_s_key().reveal_hex(),
        } },
    });
    let registration: Registration =
        serde_json::from_value(registration).expect("it is a registration");
    let registered =
        service.devices.register(session.dev_eui(), registration, &author(service)).await;
    registered.unwrap_or_else(|error| panic!("{error}"));
    Meter { device: Device::of(&session), next_f_cnt: 0 }
}
