//! A device of another implementation (the crate `lorawan-device`) joins and sends; its network is ours.
//! It checks the join-accept and derives its keys by itself, so what it sends is right only if both
//! derived the same.

use champollion_frames::{
    AppKey, DevAddr, JoinEui, JoinMessage, JoinState, Joiner, Joins, LorawanVersion, NetworkKeys,
    RadioMetadata, Refusal, RootKeys, Session, Sessions,
    device::joining::{Answer, JoiningDevice},
};
use lorawan_device::{
    JoinMode, Timings, default_crypto,
    nb_device::{
        Device, Event as DeviceEvent, Response,
        radio::{Event, PhyRxTx, Response as RadioResponse, RxQuality},
    },
    region::{Configuration, DR, Region},
};
use rand_core::RngCore;
use sha2::{Digest as _, Sha256};

use super::dev_eui;

/// Devices that join, each twice, and the frames that each sends in a session: 10,000 altogether.
const DEVICES: u8 = 50;
const JOINS: u8 = 2;
const FRAMES: u32 = 100;

/// A radio that keeps what is sent, and hands over what is put into it.
#[derive(Debug, Default)]
struct Air {
    sent: Option<Vec<u8>>,
    received: Vec<u8>,
}

impl PhyRxTx for Air {
    type PhyEvent = ();
    type PhyError = ();
    type PhyResponse = ();

    const MAX_RADIO_POWER: u8 = 14;

    fn get_mut_radio(&mut self) -> &mut Self {
        self
    }

    fn get_received_packet(&mut self) -> &mut [u8] {
        &mut self.received
    }

    fn handle_event(&mut self, event: Event<'_, Self>) -> Result<RadioResponse<Self>, ()> {
        Ok(match event {
            Event::TxRequest(_, phy) => {
                self.sent = Some(phy.to_vec());
                RadioResponse::TxDone(0)
            }
            Event::RxRequest(_) => RadioResponse::Rxing,
            Event::CancelRx => RadioResponse::Idle,
            Event::Phy(()) => RadioResponse::RxDone(RxQuality::new(-80, 5)),
        })
    }
}

impl Timings for Air {
    fn get_rx_window_offset_ms(&self) -> i32 {
        0
    }

    fn get_rx_window_duration_ms(&self) -> u32 {
        100
    }
}

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl RngCore for Chance {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ (self.0 >> 29)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.next_u32() as u8);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.next_u32() as usize % limit
    }
}

type Theirs = Device<Air, default_crypto::DefaultFactory, Chance, 256>;

/// Sends what the last call made ready, and lets both receive windows go by.
fn sent(device: &mut Theirs) -> Vec<u8> {
    let phy = device.get_radio().sent.take().expect("the device sends");
    for _ in 0..4 {
        device.handle_event(DeviceEvent::TimeoutFired).expect("a window opens or closes");
    }
    phy
}

/// Joins, and gives the session that our side has of it.
fn join(
    device: &mut Theirs,
    joins: &Joins,
    network: &JoiningDevice,
    app_key: [u8; 16],
    join_nonce: u32,
) -> Session {
    let eui = |bytes: [u8; 8]| -> String { bytes.map(|byte| format!("{byte:02X}")).concat() };
    let mode = JoinMode::OTAA {
        deveui: eui(network.dev_eui.to_be_bytes()).parse().expect("it is an EUI"),
        appeui: eui(network.join_eui.to_be_bytes()).parse().expect("it is an EUI"),
        appkey: app_key.into(),
    };
    device.join(mode).expect("the device asks");
    let request = device.get_radio().sent.take().expect("the device sends");
    let claim = joins.verify(&request, None).expect("the join-request is right");
    assert_eq!(claim.dev_eui(), network.dev_eui);
    let JoinMessage::Request { dev_nonce } = joins.confirm(claim) else { panic!("it asks") };

    let dev_addr = DevAddr::from_u32(0x0200_0000 | join_nonce);
    let answer = Answer { join_nonce, net_id: 1, dev_addr, opt_neg: false };
    let accept = network.accept(dev_nonce, answer);
    let claim = joins.verify(&accept, None).expect("the join-accept is right");
    let JoinMessage::Accept { session } = joins.confirm(claim) else { panic!("it is an answer") };

    device.handle_event(DeviceEvent::TimeoutFired).expect("the window opens");
    device.get_radio().received = accept;
    let heard = device.handle_event(DeviceEvent::RadioEvent(Event::Phy(())));
    assert!(matches!(heard, Ok(Response::JoinSuccess)), "the device refuses: {heard:?}");
    *session
}

#[test]
fn another_implementation_joins_and_sends_ten_thousand_frames() {
    let (mut good, mut damaged) = (0, 0);
    let mut chance = Chance(7);
    for number in 1..=DEVICES {
        let digest: [u8; 32] = Sha256::digest([number]).into();
        let app_key: [u8; 16] = std::array::from_fn(|index| digest[index]);
        let network = JoiningDevice {
            dev_eui: dev_eui(0x0200_0000_0000_0000 | u64::from(number)),
            join_eui: JoinEui::from_be_bytes([2, 0, 0, 0, 0, 0, 0, number]),
            root_keys: RootKeys::V1_0(AppKey::from_bytes(app_key)),
        };
        let joins = Joins::new();
        let joiner = Joiner {
            dev_eui: network.dev_eui,
            join_eui: Some(network.join_eui),
            root_keys: network.root_keys.clone(),
            version: LorawanVersion::V1_0_3,
        };
        joins.insert(joiner, JoinState::default());
        let sessions = Sessions::new();
        let region = Configuration::new(Region::EU868);
        let mut device = Theirs::new(region, Air::default(), Chance(u64::from(number)));
        for joined in 1..=JOINS {
            let join_nonce = u32::from(number) << 8 | u32::from(joined);
            let session = join(&mut device, &joins, &network, app_key, join_nonce);
            device.set_datarate(DR::_5);
            let keys = device.get_session_keys().expect("the device has joined");
            let NetworkKeys::V1_0(nwk_s_key) = session.network_keys() else { panic!("it is 1.0") };
            let digits = |bytes: &[u8]| -> String {
                bytes.iter().map(|byte| format!("{byte:02X}")).collect()
            };
            assert_eq!(digits(&keys.newskey.inner().0), nwk_s_key.reveal_hex());
            assert_eq!(digits(&keys.appskey.inner().0), session.app_s_key().reveal_hex());
            sessions.offer(session);

            for f_cnt in 0..FRAMES {
                let mut payload = vec![0; chance.below(200)];
                chance.fill_bytes(&mut payload);
                let f_port = 1 + u8::try_from(chance.below(223)).expect("it is below 224");
                let confirmed = chance.below(2) == 1;
                device.send(&payload, f_port, confirmed).expect("the device sends");
                let phy = sent(&mut device);
                let take = |phy: &[u8]| sessions.verify(phy, 0, RadioMetadata::default());

                let mut flipped = phy.clone();
                let bit = chance.below(8 * phy.len());
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(take(&flipped).is_err(), "bit {bit} of {phy:02X?} does not matter");
                damaged += 1;

                let uplink = take(&phy).expect("the frame is right").confirm();
                assert_eq!((uplink.dev_eui(), uplink.f_cnt()), (network.dev_eui, f_cnt));
                assert_eq!(uplink.application_payload(), Some((f_port, &*payload)));
                assert_eq!(uplink.confirmed(), confirmed);
                assert!(matches!(take(&phy), Err(Refusal::Duplicate { .. })));
                good += 1;
            }
            sessions.settle(network.dev_eui);
        }
    }
    assert_eq!((good, damaged), (10_000, 10_000));
}
