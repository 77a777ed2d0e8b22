module example.com/nitro-stacks/nitrotest

go 1.25.0
