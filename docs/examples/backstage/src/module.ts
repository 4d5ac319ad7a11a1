// For backend.add(): takes its settings from catalog.providers.kollect of app-config.yaml.

import { coreServices, createBackendModule } from '@backstage/backend-plugin-api';
import { stringifyEntityRef, ANNOTATION_ORIGIN_LOCATION } from '@backstage/catalog-model';
import { catalogProcessingExtensionPoint, catalogServiceRef } from '@backstage/plugin-catalog-node';
import { defaults, KollectEntityProvider } from './provider';

export const catalogModuleKollect = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'kollect',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        lifecycle: coreServices.rootLifecycle,
        logger: coreServices.logger,
        processing: catalogProcessingExtensionPoint,
      },
      async init({ auth, catalog, config, lifecycle, logger, processing }) {
        const settings = config.getConfig('catalog.providers.kollect');
        const id = settings.getOptionalString('id') ?? 'fleet';
        const ending = new AbortController();
        lifecycle.addShutdownHook(() => ending.abort());

        // After a restart only the catalogue knows what would be removed.
        const heldRefs = async () => {
          const refs: string[] = [];
          const asked = {
            filter: { [`metadata.annotations.${ANNOTATION_ORIGIN_LOCATION}`]: `kollect:${id}` },
            fields: ['kind', 'metadata.namespace', 'metadata.name'],
          };
          const credentials = await auth.getOwnServiceCredentials();
          for await (const some of catalog.streamEntities(asked, { credentials })) {
            refs.push(...some.map(entity => stringifyEntityRef(entity)));
          }
          return refs;
        };

        processing.addEntityProvider(
          new KollectEntityProvider({
            ...defaults,
            id,
            url: settings.getString('url'),
            tokenFile: settings.getOptionalString('tokenFile'),
            caFile: settings.getOptionalString('caFile'),
            namespace: settings.getOptionalString('namespace') ?? defaults.namespace,
            owner: settings.getOptionalString('owner') ?? defaults.owner,
            ownerAttribute: settings.getOptionalString('ownerAttribute'),
            maxRemovedPercent: settings.getOptionalNumber('maxRemovedPercent') ?? defaults.maxRemovedPercent,
            heldRefs,
            logger,
            signal: ending.signal,
          }),
        );
      },
    });
  },
});
