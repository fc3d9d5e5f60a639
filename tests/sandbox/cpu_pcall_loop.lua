-- expect: timeout
-- a loop of caught errors
while true do pcall(error) end
