"""A traced model beside a published network: every difference, layer by layer."""
