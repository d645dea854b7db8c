"""The maker's authorisation: the papers by which a provider may service a model whose maker asks for one."""

PAPERS = """SELECT max(coalesce(d.expires_on, 'infinity'::date)) AS until FROM regulatory_document d
  JOIN device_model dm ON dm.tenant_id = {provider} AND dm.id = d.model_id
  WHERE d.tenant_id = {provider} AND d.organisation_id = {provider} AND d.kind = 'authorisation'
    AND d.withdrawn_at IS NULL AND d.replaced_by IS NULL AND (dm.device_identifier = {device_identifier}
      OR dm.model_number = {model_number}
        AND (dm.manufacturer->>'zh' = ANY ({makers}) OR dm.manufacturer->>'en' = ANY ({makers})))"""
"""SQL: the last day of the provider's own papers in force for a model, null without one.

The model is known by its UDI-DI, or by its number and one of its maker's names: each registry writes it its own way.
"""
