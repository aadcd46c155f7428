//! The networks from which tokens are used.

use super::StoreError;
use crate::domain::{
    Timestamp, TokenId,
    token_network::{Network, NetworkRows},
};

/// Questions about networks of tokens.
pub trait TokenNetworkReads {
    /// Tells whether this network is one of those that are remembered for the token.
    fn knows_network(&self, token: TokenId, network: Network) -> Result<bool, StoreError>;
    /// Returns how many audit rows about new networks of the token were written.
    fn network_rows(&self, token: TokenId) -> Result<Option<NetworkRows>, StoreError>;
}

/// Changes of networks of tokens; all goes with the token.
pub trait TokenNetworkWrites {
    /// Notes a use of the token, which must exist, from this network. Of more than
    /// [`REMEMBERED`](crate::domain::token_network::REMEMBERED) networks, the one used longest ago is forgotten.
    fn remember_network(&self, token: TokenId, network: Network, at: Timestamp) -> Result<(), StoreError>;
    /// Replaces the count of the token, which must exist.
    fn set_network_rows(&self, token: TokenId, rows: &NetworkRows) -> Result<(), StoreError>;
}
