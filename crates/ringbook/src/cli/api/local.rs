//! The API of a store: its router in this process, without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use directory::UserName;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tower::Service as _;

use super::Opens;
use crate::cli::context::{CliError, Context, StoreChoice};
use crate::http::{Closing, LocalCaller, RequestIds, api};
use crate::store::Creates;

/// An account of a store.
pub struct Local {
    router: Router,
    caller: LocalCaller,
    user_name: UserName,
    ids: RequestIds,
    /// Nothing is sent: while it is there, requests go on.
    open: watch::Sender<()>,
    context: Context,
}

impl Local {
    /// Opens the store and finds the account: without a name the only one.
    pub fn open(
        store: &StoreChoice,
        user_name: Option<UserName>,
        opens: Opens,
    ) -> Result<Self, CliError> {
        let context = match opens {
            Opens::Read => Context::open_read_only(store)?,
            Opens::Write => Context::open(store, Creates::No)?,
        };
        let user_name = user_name.map_or_else(|| only_account(&context), Ok)?;
        let tenant = context.tenant(&user_name)?;
        let caller = LocalCaller::of_store(tenant, context.origin().source);
        let router = api::router(&[]).with_state(context.service.clone());
        let (ids, open) = (RequestIds::default(), watch::Sender::new(()));
        Ok(Self { router, caller, user_name, ids, open, context })
    }

    pub fn user_name(&self) -> &str {
        self.user_name.as_str()
    }

    pub fn runtime(&self) -> &Runtime {
        self.context.runtime()
    }

    /// Carries a request out in the name of the user of this terminal.
    pub fn call(&self, mut request: Request<Body>) -> Response<Body> {
        let extensions = request.extensions_mut();
        extensions.insert(self.ids.next());
        extensions.insert(Closing::new(self.open.subscribe()));
        extensions.insert(self.caller.clone());
        let Ok(response) = self.context.wait(self.router.clone().call(request));
        response
    }
}

/// The account that is meant where none is named.
fn only_account(context: &Context) -> Result<UserName, CliError> {
    let accounts = context.wait(context.service.accounts("", 2))?;
    match &*accounts {
        [Ok(only)] => Ok(only.head.profile.user_name.clone()),
        [] => Err(CliError::Message(
            "the store has no account: `ringbook account create NAME` makes one".into(),
        )),
        _ => Err(CliError::Usage(
            "the store has several accounts: say which one with --account NAME, or \
             RINGBOOK_ACCOUNT; `ringbook account list` names them"
                .into(),
        )),
    }
}
