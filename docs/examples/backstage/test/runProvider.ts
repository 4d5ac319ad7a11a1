// The provider as a program, for tests against a real consumer: runProvider.js OPTIONS_AS_JSON
// One JSON line a mutation or log message. It ends when its input does.

import { Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { defaults, KollectEntityProvider, ProviderOptions } from '../src';
import { Catalogue } from './catalogue';

const tell = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
const given = JSON.parse(process.argv[2] ?? '{}') as Partial<ProviderOptions> & { url: string };
const ending = new AbortController();
const catalogue = new Catalogue();
catalogue.onMutation = (mutation: string, added: Entity[], removed: string[]) =>
  tell({
    mutation,
    added: added.map(entity => ({ ref: stringifyEntityRef(entity), ...entity.metadata.annotations })),
    removed,
    size: catalogue.entities.size,
  });
const provider = new KollectEntityProvider({
  ...defaults,
  id: 'fleet',
  ...given,
  logger: { info: text => tell({ info: text }), warn: text => tell({ warn: text }) },
  signal: ending.signal,
});
process.stdin.on('end', () => ending.abort()).resume();
void provider.connect(catalogue);
