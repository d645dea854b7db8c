"""Migrations as Postgres needs them here: composite keys that begin with the tenant, and no many-to-many."""

from typing import Any

from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.schema_editor.asyncpg import AsyncpgSchemaEditor
from tortoise.migrations.schema_generator.state import State
from tortoise.models import Model

from mendline.app.database.migration_state import MigrationState
from mendline.kernel import TABLES


class TenantSchemaEditor(AsyncpgSchemaEditor):
    """Tortoise wants a single-column key in its models; the table gets the key that its declaration names."""

    def _get_field_sql(
        self, db_field: str, field_type: str, nullable: bool, unique: bool, is_pk: bool, comment: str
    ) -> str:
        return super()._get_field_sql(db_field, field_type, nullable, unique and not is_pk, False, comment)

    def _get_m2m_table_definition(self, model: type[Model], field: Any) -> Any:
        raise TypeError("no many-to-many: make the link table a model, it needs a tenant")

    async def create_model(self, model: type[Model]) -> None:
        """Creates the table, then its composite primary key."""
        await super().create_model(model)
        name = model._meta.db_table
        key = ", ".join(f'"{column}"' for column in TABLES[name].key)
        await self._run_sql(f'ALTER TABLE "{name}" ADD PRIMARY KEY ({key});')


class TenantMigrationExecutor(MigrationExecutor):
    """Tortoise's executor with our schema editor, and a state that is not worked out twice."""

    def _schema_editor(self, atomic: bool = True, collect_sql: bool = False) -> TenantSchemaEditor:
        return TenantSchemaEditor(self.connection, atomic=atomic, collect_sql=collect_sql)

    async def _project_state(self, applied: set[MigrationKey], *, upto: MigrationKey | None = None) -> State:
        return MigrationState.of(await super()._project_state(applied, upto=upto))
