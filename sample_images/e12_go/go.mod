module example.invalid/clock

go 1.19
