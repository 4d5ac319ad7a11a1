export { catalogModuleKollect as default } from './module';
export { defaults, KollectEntityProvider } from './provider';
export type { ProviderOptions } from './provider';
export { entityName, entityOf } from './entities';
export type { EntityOptions } from './entities';
export type { Item, Origin } from './rows';
