//! Converting values from and to those of PostgreSQL.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::store::copy::tables::Value;

fn is_ours(column_type: &Type) -> bool {
    matches!(*column_type, Type::INT8 | Type::TEXT | Type::BYTEA)
}

impl<'b> FromSql<'b> for Value {
    fn from_sql(column_type: &Type, bytes: &'b [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *column_type {
            Type::INT8 => Self::Integer(i64::from_sql(column_type, bytes)?),
            Type::TEXT => Self::Text(String::from_sql(column_type, bytes)?),
            _ => Self::Blob(bytes.to_owned()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(column_type: &Type) -> bool {
        is_ours(column_type)
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        column_type: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => number.to_sql_checked(column_type, out),
            Self::Text(text) => text.to_sql_checked(column_type, out),
            Self::Blob(bytes) => bytes.to_sql_checked(column_type, out),
        }
    }

    fn accepts(column_type: &Type) -> bool {
        is_ours(column_type)
    }

    to_sql_checked!();
}
