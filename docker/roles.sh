#!/bin/bash
# Runs once, when PostgreSQL's data directory is empty: the three roles, the database's grants.
# The same as vaultcraft/embedded/bootstrap.py does for `make up`.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set owner_password="$OWNER_PASSWORD" \
    --set app_password="$APP_PASSWORD" \
    --set auditor_password="$AUDITOR_PASSWORD" \
    --set database="$POSTGRES_DB" <<'SQL'
CREATE ROLE vaultcraft_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOINHERIT
    PASSWORD :'owner_password';
CREATE ROLE vaultcraft_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOINHERIT
    PASSWORD :'app_password';
CREATE ROLE vaultcraft_auditor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS NOINHERIT
    PASSWORD :'auditor_password';
ALTER DATABASE :"database" OWNER TO vaultcraft_owner;
REVOKE ALL ON DATABASE :"database" FROM public;
GRANT CONNECT ON DATABASE :"database" TO vaultcraft_owner, vaultcraft_app, vaultcraft_auditor;
REVOKE ALL ON SCHEMA public FROM public;
GRANT USAGE ON SCHEMA public TO vaultcraft_owner, vaultcraft_app, vaultcraft_auditor;
GRANT CREATE ON SCHEMA public TO vaultcraft_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE vaultcraft_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO vaultcraft_app;
ALTER DEFAULT PRIVILEGES FOR ROLE vaultcraft_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO vaultcraft_app;
ALTER DEFAULT PRIVILEGES FOR ROLE vaultcraft_owner IN SCHEMA public
    GRANT SELECT ON TABLES TO vaultcraft_auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE vaultcraft_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SQL
