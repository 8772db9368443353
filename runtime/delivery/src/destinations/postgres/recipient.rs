//! A recipient that keeps records as history. A task of its own has the connection, so that no transaction is cancelled
//! halfway where nobody waits for it any more.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::timeout,
};

use super::{
    connection::{Session, Way},
    definition::{PostgresPush, PostgresPushError},
    fault::PostgresFault,
    rows::{ReplacedRecord, Row, rows_of},
    schema::bring_up_to_date,
    writing::{make_partitions, write},
};
use crate::destinations::{Connector, DestinationLimits, HandoverResult, Parcel, Recipient};

/// The time in which the database has taken a parcel; a statement takes less.
const PATIENCE: Duration = Duration::from_secs(60);

/// The time after which a connection is closed that nobody uses.
const IDLE: Duration = Duration::from_secs(300);

/// A recipient that keeps records as history.
pub struct PostgresRecipient {
    way: Arc<Way>,
    schema: String,
    /// The way to the task that has the connection.
    orders: Mutex<Option<mpsc::Sender<Order>>>,
}

/// Rows that are to be written.
struct Order {
    rows: Vec<Row>,
    replaced: Vec<ReplacedRecord>,
    is_test: bool,
    result: oneshot::Sender<Result<(), PostgresFault>>,
}

impl PostgresPush {
    /// Makes the recipient that keeps records in the database.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub(crate) fn recipient(
        &self,
        destination_limits: &DestinationLimits,
        connector: Connector,
    ) -> Result<PostgresRecipient, PostgresPushError> {
        let (host, database) = self.checked(destination_limits.plain_http)?;
        let port = self.port();
        connector.check(&host, port)?;
        let tls = self.is_secured().then(|| self.tls.config()).transpose()?.map(Arc::new);
        let (user, password) = (self.user.clone(), self.password.clone());
        let way = Arc::new(Way { host, port, database, user, password, tls, connector });
        Ok(PostgresRecipient { way, schema: self.schema.clone(), orders: Mutex::default() })
    }
}

impl PostgresRecipient {
    async fn keep(&self, parcel: &Parcel) -> Result<(), PostgresFault> {
        let (mut rows, mut replaced) = (Vec::new(), Vec::new());
        for record in &parcel.records {
            let read = rows_of(&record.json)?;
            rows.extend(read.rows);
            replaced.extend(read.replaced);
        }
        let (result, told) = oneshot::channel();
        let order = Order { rows, replaced, is_test: parcel.is_test, result };
        let orders = self.orders().await?;
        // The task ended meanwhile: the parcel comes again.
        let ended = || PostgresFault::Unreachable("the connection was lost".to_owned());
        orders.send(order).await.map_err(|_| ended())?;
        told.await.map_err(|_| ended())?
    }

    /// The way to the task that has the connection, or to a new one.
    async fn orders(&self) -> Result<mpsc::Sender<Order>, PostgresFault> {
        let mut orders = self.orders.lock().await;
        if let Some(open) = orders.as_ref().filter(|orders| !orders.is_closed()) {
            return Ok(open.clone());
        }
        let mut session = self.way.connect().await?;
        bring_up_to_date(&mut session.client, &self.schema).await?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(keep_writing(session, self.schema.clone(), receiver));
        *orders = Some(sender.clone());
        Ok(sender)
    }
}

/// Writes what is ordered until a fault, or until nobody orders anything.
async fn keep_writing(mut session: Session, schema: String, mut orders: mpsc::Receiver<Order>) {
    while let Ok(Some(order)) = timeout(IDLE, orders.recv()).await {
        let Order { rows, replaced, is_test, result } = order;
        session.renew();
        let client = &mut session.client;
        let writing = async {
            make_partitions(client, &schema, &rows, Timestamp::now()).await?;
            write(client, &schema, (&rows[..], &replaced[..]), is_test).await
        };
        let written = timeout(PATIENCE, writing).await.unwrap_or(Err(PostgresFault::TimedOut));
        let is_over = written.is_err();
        // Who asked may have stopped waiting.
        let _ = result.send(written);
        if is_over {
            return;
        }
    }
}

#[async_trait]
impl Recipient for PostgresRecipient {
    async fn hand_over(&self, parcel: &Parcel) -> HandoverResult {
        match timeout(PATIENCE, self.keep(parcel)).await {
            Ok(Ok(())) => HandoverResult::taken(None),
            Ok(Err(fault)) => HandoverResult::failed(&fault.into()),
            Err(_) => HandoverResult::failed(&PostgresFault::TimedOut.into()),
        }
    }
}
