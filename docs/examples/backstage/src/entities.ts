// Which entity an item is.

import { createHash } from 'node:crypto';
import { ANNOTATION_LOCATION, ANNOTATION_ORIGIN_LOCATION, Entity } from '@backstage/catalog-model';
import type { Item, Origin } from './rows';

export interface EntityOptions {
  /** Tells this fleet from others: part of entity names and of `backstage.io/managed-by-location`. */
  id: string;
  /** Namespace of the entities in the catalogue. */
  namespace: string;
  /** Owner of what does not tell its own. */
  owner: string;
  /** The attribute whose text is the owner, for example `team`. */
  ownerAttribute?: string;
  lifecycle: string;
}

/** Objects that run something are Components; all others are Resources. */
const workloads = new Set([
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'batch/CronJob',
  'batch/Job',
  'argoproj.io/Rollout',
  'serving.knative.dev/Service',
]);

const longestName = 63;
const hashLetters = 16;

/** Text that people are shown: without control, direction and broken characters, and not endless. */
function shown(text: unknown, otherwise: string): string {
  const cleaned = String(text ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd')
    .trim();
  const letters = Array.from(cleaned.slice(0, 400));
  return letters.length === 0 ? otherwise : letters.slice(0, 200).join('').replace(/\p{Cs}/gu, '\ufffd');
}

/**
 * A name that Backstage takes: what is readable of `name`, and a digest of all of `identity`. Names differ where
 * identities do, and are the same at every start.
 */
export function entityName(name: string, identity: readonly string[]): string {
  // JSON escapes broken surrogates, so that texts that differ in them only do not become one.
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, hashLetters);
  const readable = name
    .slice(0, 4 * longestName)
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, longestName - hashLetters - 1)
    .replace(/[^a-z0-9]+$/, '');
  return readable ? `${readable}-${digest}` : `k${digest}`;
}

/** A reference such as `team-a` or `group:default/team-a`; anything else would be refused by the catalogue. */
function ownerOf(item: Item, options: EntityOptions): string {
  const told = options.ownerAttribute === undefined ? undefined : item.attributes?.[options.ownerAttribute];
  const reference = /^([a-z]{1,63}:)?([a-z0-9-]{1,63}\/)?[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/i;
  return typeof told === 'string' && reference.test(told) ? told : options.owner;
}

/**
 * The entity of an item. An object of a cluster is one entity, however many targets and inventories carry it, and stays
 * the same one when it is deleted and recreated.
 */
export function entityOf(item: Item, origin: Pick<Origin, 'cluster'>, options: EntityOptions): Entity {
  const group = String(item.group ?? '');
  const identity = [options.id, origin.cluster, group, item.kind, item.namespace, item.name].map(one => String(one ?? ''));
  const isWorkload = workloads.has(`${group}/${item.kind}`);
  const place = [origin.cluster, item.namespace].map(one => shown(one, '–')).join('/');
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: isWorkload ? 'Component' : 'Resource',
    metadata: {
      name: entityName(String(item.name ?? ''), identity),
      namespace: options.namespace,
      title: shown(item.name, '(no name)'),
      description: `${shown(item.kind, 'object')} in ${place}`,
      annotations: {
        [ANNOTATION_LOCATION]: `kollect:${options.id}`,
        [ANNOTATION_ORIGIN_LOCATION]: `kollect:${options.id}`,
        'kollect.dev/cluster': shown(origin.cluster, ''),
        'kollect.dev/namespace': shown(item.namespace, ''),
        'kollect.dev/name': shown(item.name, ''),
        'kollect.dev/kind': shown(item.kind, ''),
        'kollect.dev/api-version': shown(group ? `${group}/${item.version}` : item.version, ''),
        'kollect.dev/uid': shown(item.uid, ''),
      },
    },
    spec: {
      type: shown(item.kind, 'object').toLowerCase(),
      owner: ownerOf(item, options),
      ...(isWorkload ? { lifecycle: options.lifecycle } : {}),
    },
  };
}
