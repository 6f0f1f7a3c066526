"""isc-contract: holds the fake and any real tenant to the contract, safely. Over HTTP alone; of mock_server it imports `contract`."""
