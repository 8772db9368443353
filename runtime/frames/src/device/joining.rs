//! Join-requests as a device makes them, and the join-accepts of its network.

use aes::{Block, cipher::BlockCipherDecrypt};

use crate::{
    address::{DevAddr, DevEui, JoinEui},
    join_frames::JoinAccept,
    join_keys::Asked,
    keys::RootKeys,
    session::Session,
};

/// A device that joins, and its network.
#[derive(Debug, Clone)]
pub struct JoiningDevice {
    /// The DevEUI of the device.
    pub dev_eui: DevEui,
    /// The JoinEUI of its join server.
    pub join_eui: JoinEui,
    /// The root keys, which both sides know.
    pub root_keys: RootKeys,
}

/// The content of a join-accept.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// A number of 24 bits that it uses once.
    pub join_nonce: u32,
    /// The network, 24 bits.
    pub net_id: u32,
    /// The address that the device is to have.
    pub dev_addr: DevAddr,
    /// Whether the session is one of LoRaWAN 1.1.
    pub opt_neg: bool,
}

impl JoiningDevice {
    /// The PHYPayload of its join-request.
    #[must_use]
    pub fn request(&self, dev_nonce: u16) -> Vec<u8> {
        let mut phy = vec![0x00];
        phy.extend(self.join_eui.to_le_bytes());
        phy.extend(self.dev_eui.to_le_bytes());
        phy.extend(dev_nonce.to_le_bytes());
        phy.extend(self.root_keys.request_mic(&phy).to_bytes());
        phy
    }

    /// The PHYPayload of the join-accept with which its network answers.
    #[must_use]
    pub fn accept(&self, dev_nonce: u16, answer: Answer) -> Vec<u8> {
        let accept = self.in_clear(dev_nonce, answer);
        let key = match &self.root_keys {
            RootKeys::V1_0(app_key) => app_key.expand_to_decrypt(),
            RootKeys::V1_1 { nwk_key, .. } => nwk_key.expand_to_decrypt(),
        };
        let mut phy = vec![accept[0]];
        for block in accept[1..].chunks_exact(16) {
            let mut block = Block::try_from(block).expect("chunks of 16 bytes are blocks");
            key.decrypt_block(&mut block);
            phy.extend(block);
        }
        phy
    }

    /// The session that both have after that.
    #[must_use]
    pub fn session(&self, dev_nonce: u16, answer: Answer) -> Session {
        self.root_keys.session(&self.parsed(dev_nonce, answer), self.asked(dev_nonce))
    }

    fn in_clear(&self, dev_nonce: u16, answer: Answer) -> Vec<u8> {
        let mut accept = vec![0x20];
        accept.extend(&answer.join_nonce.to_le_bytes()[..3]);
        accept.extend(&answer.net_id.to_le_bytes()[..3]);
        accept.extend(answer.dev_addr.to_le_bytes());
        // DLSettings, then RxDelay: one second.
        accept.extend([u8::from(answer.opt_neg) << 7, 1]);
        let unsigned = [&*accept, &[0; 4]].concat();
        let unsigned = JoinAccept::decrypt(&unsigned, |block| block).expect("it has the length");
        let mic = self.root_keys.accept_mic(&unsigned, Some(self.asked(dev_nonce)));
        accept.extend(mic.expect("all that it covers is known").to_bytes());
        accept
    }

    fn parsed(&self, dev_nonce: u16, answer: Answer) -> JoinAccept {
        let clear = self.in_clear(dev_nonce, answer);
        JoinAccept::decrypt(&clear, |block| block).expect("it has the length")
    }

    fn asked(&self, dev_nonce: u16) -> Asked {
        Asked { dev_eui: self.dev_eui, join_eui: self.join_eui, dev_nonce }
    }
}
