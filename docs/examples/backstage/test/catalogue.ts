// A catalogue as Backstage keeps it for one provider, that takes nothing which Backstage would refuse.

import {
  componentEntityV1alpha1Validator,
  Entity,
  entityEnvelopeSchemaValidator,
  FieldFormatEntityPolicy,
  NoForeignRootFieldsEntityPolicy,
  parseLocationRef,
  resourceEntityV1alpha1Validator,
  SchemaValidEntityPolicy,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { EntityProviderConnection, EntityProviderMutation } from '@backstage/plugin-catalog-node';

const isEnvelope = entityEnvelopeSchemaValidator();
const policies = [new SchemaValidEntityPolicy(), new NoForeignRootFieldsEntityPolicy(), new FieldFormatEntityPolicy()];

/** Throws where Backstage would: at the mutation, or when it processes the entity. */
export async function checkEntity(entity: Entity): Promise<void> {
  isEnvelope(entity);
  for (const policy of policies) {
    if (!(await policy.enforce(entity))) throw new Error('a policy refuses the entity');
  }
  const validator = entity.kind === 'Component' ? componentEntityV1alpha1Validator : resourceEntityV1alpha1Validator;
  if (!(await validator.check(entity))) throw new Error(`${entity.kind} is none`);
  parseLocationRef(entity.metadata.annotations?.['backstage.io/managed-by-location'] ?? '');
  parseLocationRef(entity.metadata.annotations?.['backstage.io/managed-by-origin-location'] ?? '');
}

export class Catalogue implements EntityProviderConnection {
  entities = new Map<string, Entity>();
  mutations: EntityProviderMutation[] = [];
  onMutation?: (type: string, added: Entity[], removed: string[]) => void;

  async applyMutation(mutation: EntityProviderMutation): Promise<void> {
    const given = (mutation.type === 'full' ? mutation.entities : mutation.added).map(one => one.entity);
    for (const entity of given) await checkEntity(entity);
    const next = mutation.type === 'full' ? new Map<string, Entity>() : new Map(this.entities);
    if (mutation.type === 'delta') {
      for (const one of mutation.removed) next.delete('entityRef' in one ? one.entityRef : stringifyEntityRef(one.entity));
    }
    for (const entity of given) next.set(stringifyEntityRef(entity), entity);
    const removed = [...this.entities.keys()].filter(ref => !next.has(ref));
    this.entities = next;
    this.mutations.push(mutation);
    this.onMutation?.(mutation.type, given, removed);
  }

  async refresh(): Promise<void> {
    throw new Error('the provider has no refresh keys');
  }

  titles(): string[] {
    return [...this.entities.values()].map(entity => entity.metadata.title ?? '').sort();
  }
}
