//! Devices whose network server takes their frames apart.

use champollion_frames::{
    AppSKey, Claim, DevAddr, DevEui, RadioMetadata, Refusal, ReportedUplink, Session,
};
use champollion_lns::HandedKey;
use champollion_store::Batch;

use super::{ActivationKind, Devices, DevicesError, HandedSession, Keks, Overtaken, REPORTS};

impl Devices {
    /// Takes an uplink that an authenticated network server reports.
    pub(crate) fn accept_report(
        &self,
        report: ReportedUplink,
        now_ms: u64,
        received_at_ms: u64,
        metadata: RadioMetadata,
    ) -> Result<Claim, Refusal> {
        let ReportedUplink { dev_eui, dev_addr, is_encrypted, .. } = report;
        if self.get(dev_eui).is_none() {
            return Err(Refusal::UnknownDevEui { dev_eui });
        }
        let session = is_encrypted.then(|| self.session_at(dev_eui, dev_addr)).flatten();
        let app_s_key: Option<&AppSKey> = session.as_ref().map(Session::app_s_key);
        // Some network servers do not tell the address, which decrypting needs.
        let dev_addr = dev_addr.or(session.as_ref().map(Session::dev_addr));
        let report = ReportedUplink { dev_addr, ..report };
        self.reports.accept(report, app_s_key, now_ms, received_at_ms, metadata)
    }

    /// The session of an address, or the device's present one where no address is told.
    fn session_at(&self, dev_eui: DevEui, dev_addr: Option<DevAddr>) -> Option<Session> {
        let known = [self.sessions.get(dev_eui), self.sessions.get_offered(dev_eui)];
        let is_it = |session: &Session| dev_addr.is_none_or(|told| told == session.dev_addr());
        known.into_iter().flatten().find(is_it)
    }

    /// Takes the key of a device's payloads that a network server hands over with a message. Of a
    /// device with fixed keys it is known already.
    pub(crate) async fn hand_over_app_s_key(
        &self,
        dev_eui: DevEui,
        dev_addr: DevAddr,
        app_s_key: HandedKey,
        keks: &Keks,
    ) -> Result<(), DevicesError> {
        let device = self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?;
        if device.activation == ActivationKind::Abp {
            return Ok(());
        }
        let session = HandedSession::of_app_s_key(dev_addr, app_s_key);
        self.hand_over(dev_eui, &session, keks).await.map(drop)
    }

    /// Takes note that a device has joined: its next FCnt may be any.
    pub(crate) async fn note_join(
        &self,
        dev_eui: DevEui,
        dev_addr: Option<DevAddr>,
    ) -> Result<(), DevicesError> {
        let _turn = self.turns.of(dev_eui).await;
        let mut overtaken = Overtaken::default();
        loop {
            match self.note_join_in_turn(dev_eui, dev_addr).await {
                Err(error) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    async fn note_join_in_turn(
        &self,
        dev_eui: DevEui,
        dev_addr: Option<DevAddr>,
    ) -> Result<(), DevicesError> {
        let rows = self.reread_in_turn(dev_eui).await?.ok_or(DevicesError::Unknown(dev_eui))?;
        let state = self.reports.after_join(dev_eui, dev_addr);
        let mut batch = Batch::new();
        rows.expect_unchanged(&mut batch);
        REPORTS.replace(&mut batch, &rows.progress.reports.seen, &state)?;
        self.store.commit(batch).await?;
        self.reports.insert(dev_eui, state);
        Ok(())
    }
}
