//! Sets aside calls of decoders that keep misbehaving, and lets them be made again: by the rule, or by a person.
//! Each is durable in one batch with its line of the audit.

use std::collections::BTreeMap;

use champollion_sandbox::CallError;
use champollion_store::Batch;
use jiff::Timestamp;
use semver::Version;
use serde_json::json;

use crate::{
    channels::{Caller, Judged, QUARANTINE, Quarantined, Scope, Verdict},
    error::RegistryError,
    ledger::{Actor, AuditEntry},
    loaded_decoder::LoadedDecoder,
    package::DecoderId,
    registry::Registry,
};

impl Registry {
    /// Takes note of a call that was made, and of the error that it ended in. Sets calls aside where too many
    /// misbehave, and makes them again where one that was let through went well.
    pub async fn note(
        &self,
        decoder: &LoadedDecoder,
        caller: Caller,
        error: Option<&CallError>,
        now: Timestamp,
    ) -> Result<Vec<Verdict>, RegistryError> {
        let rule = &self.config.quarantine;
        let judged = Judged { id: &decoder.id, version: &decoder.version, rule };
        let misbehaved = error.filter(|error| error.is_misbehaviour());
        let verdicts = decoder.health.note(judged, caller, misbehaved, now);
        for verdict in &verdicts {
            self.keep_verdict(verdict, now).await?;
        }
        Ok(verdicts)
    }

    async fn keep_verdict(&self, verdict: &Verdict, now: Timestamp) -> Result<(), RegistryError> {
        let mut batch = Batch::new();
        let (action, quarantined) = match verdict {
            Verdict::SetAside(quarantined) => {
                QUARANTINE.put(&mut batch, &quarantined.key(), quarantined)?;
                ("quarantine", quarantined)
            }
            Verdict::Lifted(quarantined) => {
                QUARANTINE.delete(&mut batch, &quarantined.key());
                ("end-quarantine", quarantined)
            }
        };
        let Quarantined { id, version, scope, failures, calls, code, message, .. } = quarantined;
        let by = Actor::named("the registry");
        // A full audit is no reason to go on with calls that crash.
        let entry = AuditEntry::new(&by, action, format_args!("{id} {version}, {scope}"))
            .with(json!({ "failures": failures, "calls": calls, "code": code, "message": message }))
            .in_any_case();
        self.record_with(batch, entry, now).await
    }

    /// Sets aside what another node has set aside, and lets be called again what it has lifted.
    pub(crate) async fn follow_quarantine(&self) -> Result<(), RegistryError> {
        let kept: Vec<Quarantined> = {
            let rows = QUARANTINE.pages(&*self.store).all().await?;
            rows.into_iter().map(|(_, quarantined)| quarantined).collect()
        };
        let known = self.quarantined();
        let is_same = |one: &Quarantined, other: &Quarantined| {
            one.id == other.id && one.version == other.version && one.scope == other.scope
        };
        for lifted in known.iter().filter(|one| !kept.iter().any(|other| is_same(one, other))) {
            if let Ok(entry) = self.entry(&lifted.id, &lifted.version) {
                entry.health.lift_scope(lifted.scope);
            }
        }
        for new in kept.into_iter().filter(|one| !known.iter().any(|other| is_same(one, other))) {
            if let Ok(entry) = self.entry(&new.id, &new.version) {
                entry.health.set_aside(new, &self.config.quarantine, Timestamp::now());
            }
        }
        Ok(())
    }

    /// All that is set aside, in the order of the versions' names.
    #[must_use]
    pub fn quarantined(&self) -> Vec<Quarantined> {
        let index = self.index();
        let entries = index.values().map(|listed| &listed.versions).flat_map(BTreeMap::values);
        entries.flat_map(|entry| entry.health.quarantined()).collect()
    }

    /// Sets a whole version aside by hand, until a person lifts it.
    pub async fn set_aside(
        &self,
        id: &DecoderId,
        version: &Version,
        (by, reason): (&Actor, &str),
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let entry = self.entry(id, version)?;
        let quarantined = Quarantined {
            id: id.clone(),
            version: version.clone(),
            scope: Scope::VERSION,
            since: now,
            failures: 0,
            calls: 0,
            code: Quarantined::BY_HAND.to_owned(),
            message: reason.to_owned(),
            by: Some(by.name.clone()),
        };
        let mut batch = Batch::new();
        QUARANTINE.put(&mut batch, &quarantined.key(), &quarantined)?;
        let line = AuditEntry::new(by, "quarantine", format_args!("{id} {version}"))
            .with(json!({ "reason": reason }))
            .essential();
        self.record_with(batch, line, now).await?;
        entry.health.set_aside(quarantined, &self.config.quarantine, now);
        Ok(())
    }

    /// Lets a version make all calls again that were set aside; tells whether there were any.
    pub async fn lift_quarantine(
        &self,
        id: &DecoderId,
        version: &Version,
        by: &Actor,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        let entry = self.entry(id, version)?;
        let mut batch = Batch::new();
        // Another process on this store may have set aside more than is known here.
        let kept = QUARANTINE.pages(&*self.store).all().await?.into_iter().map(|(key, _)| key);
        let mut keys: Vec<_> =
            kept.filter(|(of, key)| of == id && key.version == *version).collect();
        keys.extend(entry.health.quarantined().iter().map(Quarantined::key));
        if keys.is_empty() {
            return Ok(false);
        }
        keys.iter().for_each(|key| QUARANTINE.delete(&mut batch, key));
        let line = AuditEntry::new(by, "lift-quarantine", format_args!("{id} {version}"));
        self.record_with(batch, line.essential(), now).await?;
        entry.health.lift();
        Ok(true)
    }
}
