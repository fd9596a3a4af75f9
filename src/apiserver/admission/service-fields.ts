import type { V1Service } from '../../api/generated/types.ts';
import { prepareService } from '../allocation/service-fields.ts';
import type { AdmissionPlugin } from '../contracts.ts';
import { isFor } from './refuse.ts';

/** Before validation: an update that leaves out what the server has chosen (virtual IP, node ports) keeps it. */
export const serviceFields: AdmissionPlugin = {
  name: 'ServiceFields',
  admit(request) {
    if (!isFor(request, '', 'services')) return;
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
    prepareService(request.object as V1Service, request.old as V1Service | undefined);
  },
};
